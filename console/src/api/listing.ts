/** The one way to read: what a page shows is read again when a table that it depends on changes, and at most once a second. */
import { useCallback, useSyncExternalStore } from "react";
import { live, type Table } from "./live";

/** Something that is shown and stays current. `key` names it, region included: listings of one key are read once. */
export interface Listing<T> {
  key: string;
  tables: readonly Table[];
  read: () => Promise<T>;
}

/** What is known of a listing: its value once it was read, and why the last reading failed. */
export interface Known<T> {
  value: T | undefined;
  failure: Error | undefined;
}

export const LEAST_INTERVAL = 1000;
const NOTHING: Known<never> = { value: undefined, failure: undefined };

class Reader<T> {
  known: Known<T> = NOTHING;
  private readonly watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = -Infinity;
  private reading = false;
  private stale = false;
  private forget: (() => void) | undefined;

  constructor(
    private readonly listing: Listing<T>,
    private readonly unused: () => void,
  ) {}

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    if (this.watchers.size === 1) {
      this.forget = live.hear((changed) => {
        if (changed === "everything" || this.listing.tables.some((table) => changed.includes(table))) this.again();
      });
      this.again();
    }
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size > 0) return;
      this.forget?.();
      clearTimeout(this.timer);
      this.timer = undefined;
      this.unused();
    };
  }

  /** Read now, or as soon as the last reading began a second ago. */
  again(): void {
    this.stale = true;
    if (this.reading || this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.read(), Math.max(0, this.last + LEAST_INTERVAL - performance.now()));
  }

  private async read(): Promise<void> {
    this.timer = undefined;
    this.stale = false;
    this.reading = true;
    this.last = performance.now();
    try {
      this.known = { value: await this.listing.read(), failure: undefined };
    } catch (failure) {
      this.known = { value: this.known.value, failure: failure as Error };
    }
    this.reading = false;
    this.watchers.forEach((watcher) => watcher());
    if (this.stale && this.watchers.size > 0) this.again();
  }
}

const readers = new Map<string, Reader<unknown>>();

/** A listing's value, kept current while a component shows it, and how to read it again at once. */
export function useListing<T>(listing: Listing<T>): Known<T> & { again: () => void } {
  const find = (): Reader<T> => {
    const found = readers.get(listing.key) ?? new Reader(listing, () => readers.delete(listing.key));
    readers.set(listing.key, found as Reader<unknown>);
    return found as Reader<T>;
  };
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a listing is what its key says
  const watch = useCallback((watcher: () => void) => find().watch(watcher), [listing.key]);
  const known = useSyncExternalStore(watch, () => (readers.get(listing.key) as Reader<T> | undefined)?.known ?? NOTHING);
  return { ...known, again: () => find().again() };
}
