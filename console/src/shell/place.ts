/** Where in the console the reader is: `#/us-east-1/instances/i-…/timeline`, so that every resource has an address. */
import { useSyncExternalStore } from "react";

export interface Place {
  region: string;
  page: string;
  id: string;
  tab: string;
}

/** The address of a place. */
export function at(region: string, page = "", id = "", tab = ""): string {
  return `#/${[region, page, id, tab].filter((part) => part !== "").map(encodeURIComponent).join("/")}`;
}

/** The address of an instance's serial console, which has a page of its own. */
export function serialConsoleAt(region: string, id: string): string {
  return `/console/serial.html${at(region, id)}`;
}

/** The place that an address names, in `region` where it names none. */
export function placeOf(hash: string, region: string): Place {
  const [named, page = "", id = "", tab = ""] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  return { region: named || region, page, id, tab };
}

export function go(address: string): void {
  location.hash = address;
}

export function usePlace(region: string): Place {
  const hash = useSyncExternalStore(
    (watcher) => {
      addEventListener("hashchange", watcher);
      return () => removeEventListener("hashchange", watcher);
    },
    () => location.hash,
  );
  return placeOf(hash, region);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // half an escape: whatever it names is not found
  }
}
