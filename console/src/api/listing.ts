/** The one way to read: what a page shows is read again when a table that it depends on changes, and at most once a second. */
import { useCallback, useSyncExternalStore } from "react";
import { Refused } from "./call";
import { live, type Ids, type Table } from "./live";

/** Something that is shown and stays current. `key` names it, region included: listings of one key are read once. */
export interface Listing<T> {
  key: string;
  tables: readonly Table[];
  read: () => Promise<T>;
  /** The one resource that it is about, where it is about one: changes of others do not matter to it. */
  of?: string;
  /** How rows alone are read again, where the value is a list of resources. */
  rows?: T extends readonly (infer R)[] ? Rows<R> : never;
}

/** Resources of one kind, of which those that changed are read alone. */
export interface Rows<R> {
  /** What the ids of this kind begin with: `i-`. Changes of other kinds in the same tables (tags) are not of this listing. */
  prefix: string;
  idOf: (row: R) => string;
  /** Those of these that there are; 100 are asked for at most. A list that was read so has no order of its own. */
  read: (ids: string[]) => Promise<R[]>;
}

/** What is known of a listing: its value once it was read, and why the last reading failed. */
export interface Known<T> {
  value: T | undefined;
  failure: Error | undefined;
}

export const LEAST_INTERVAL = 1000;
/** Milliseconds for which a listing that nothing shows any more is known, and what of it changes: the reader may come back. */
const KEPT = 60_000;
const MOST_ROWS = 100;
const NOTHING: Known<never> = { value: undefined, failure: undefined };

class Reader<T> {
  known: Known<T> = NOTHING;
  private readonly watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = -Infinity;
  private turn = 0;
  private reading = false;
  /** What changed since it was read: the ids of rows, or anything. */
  private stale: Set<string> | "everything" = "everything";
  private forget: (() => void) | undefined;
  private end: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly listing: Listing<T>,
    private readonly unused: () => void,
  ) {}

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    if (this.watchers.size === 1) {
      clearTimeout(this.end);
      this.forget ??= live.hear((changed, ids) => this.heard(changed, ids));
      if (this.isStale()) this.plan();
    }
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size > 0) return;
      clearTimeout(this.timer);
      this.timer = undefined;
      if (live.read() === "live") this.end = setTimeout(() => this.drop(), KEPT);
      else this.drop();
    };
  }

  private drop(): void {
    this.forget?.();
    this.forget = undefined;
    this.unused();
  }

  /** Read now, or as soon as the last reading began a second ago. */
  again(): void {
    this.stale = "everything";
    this.plan();
  }

  private heard(changed: readonly string[] | "everything", ids: Ids = {}): void {
    if (changed === "everything") {
      this.turn += 1; // a reading of before the connection was lost may never be answered: it counts no more
      this.reading = false;
      this.again();
      return;
    }
    for (const table of this.listing.tables.filter((one) => changed.includes(one))) this.changed(ids[table]);
    if (this.isStale()) this.plan();
  }

  private changed(ids: readonly string[] | null | undefined): void {
    const prefix = this.listing.rows?.prefix;
    if (ids && this.listing.of !== undefined && !ids.includes(this.listing.of)) return;
    if (!ids || prefix === undefined) this.stale = "everything";
    if (this.stale === "everything") return;
    for (const id of ids!) if (id.startsWith(prefix!)) this.stale.add(id);
    if (this.stale.size > MOST_ROWS) this.stale = "everything";
  }

  private isStale(): boolean {
    return this.stale === "everything" || this.stale.size > 0;
  }

  private plan(): void {
    if (this.reading || this.timer !== undefined || this.watchers.size === 0) return;
    this.timer = setTimeout(() => void this.read(), Math.max(0, this.last + LEAST_INTERVAL - performance.now()));
  }

  private async read(): Promise<void> {
    const turn = ++this.turn;
    const stale = this.stale;
    this.timer = undefined;
    this.stale = new Set();
    this.reading = true;
    this.last = performance.now();
    let known: Known<T>;
    try {
      known = { value: await this.value(stale), failure: undefined };
    } catch (failure) {
      known = { value: this.known.value, failure: failure as Error };
    }
    if (turn !== this.turn) return;
    this.reading = false;
    if (known.failure !== undefined) {
      // Not where the whole was refused: it would be again. Without a connection, all is read when there is one.
      const mayCome = !(known.failure instanceof Refused) && live.read() === "live";
      const again = stale !== "everything" || this.isStale() || mayCome;
      this.stale = "everything";
      if (again) this.plan();
    } else if (this.isStale()) this.plan();
    if (known.value === this.known.value && known.failure === this.known.failure) return;
    this.known = known;
    this.watchers.forEach((watcher) => watcher());
  }

  /** The value as it is now: of a list of resources, only those that changed are read. */
  private async value(stale: ReadonlySet<string> | "everything"): Promise<T> {
    const rows = this.listing.rows as Rows<unknown> | undefined;
    const before = this.known.value as readonly unknown[] | undefined;
    if (stale === "everything" || rows === undefined || before === undefined) return this.listing.read();
    const found = new Map((await rows.read([...stale])).map((row) => [rows.idOf(row), row]));
    const isGone = (row: unknown): boolean => stale.has(rows.idOf(row)) && !found.has(rows.idOf(row));
    if (found.size === 0 && !before.some(isGone)) return this.known.value as T; // of another region
    const kept = before.filter((row) => !isGone(row)).map((row) => found.get(rows.idOf(row)) ?? row);
    const known = new Set(before.map(rows.idOf));
    return [...kept, ...[...found].filter(([id]) => !known.has(id)).map(([, row]) => row)] as T;
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
