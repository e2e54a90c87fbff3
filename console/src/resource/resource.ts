/** What a page of resources is made of: a description, of which the table, the menus, the details are made. */
import { createContext, useContext, useMemo, type ComponentType, type ReactNode } from "react";
import type { Listing } from "../api/listing";
import type { Tag } from "../api/types";
import { useMoment, useText, type Text, type TextKey } from "../texts/texts";

/** Where the reader is, and how they read. */
export interface Around {
  region: string;
  text: Text;
  moment: (at: string | undefined) => string;
}

export function useAround(region: string): Around {
  const text = useText();
  const moment = useMoment();
  return useMemo(() => ({ region, text, moment }), [region, text, moment]);
}

/** One column. What `value` gives is searched and sorted; `cell` shows it where a text alone would not do. */
export interface Column<T> {
  id: string;
  header: TextKey;
  value: (item: T, around: Around) => string;
  cell?: (item: T, around: Around) => ReactNode;
  width: number;
  /** Whether it is hidden until the reader asks for it. */
  hidden?: boolean;
}

/** What a tab of the details shows, or a part of it. */
export type View<T> = ComponentType<{ region: string; item: T }>;

export interface Tab<T> {
  id: string;
  label: TextKey;
  view: View<T>;
}

/** At least one. */
export type Chosen<T> = readonly [T, ...T[]];

/** A dialog about what was chosen. */
export type ActionDialog<T> = ComponentType<{ region: string; items: Chosen<T>; close: () => void }>;

/** A dialog about nothing that is chosen. */
export type PlainDialog = ComponentType<{ region: string; close: () => void }>;

/**
 * Something that can be done with what is chosen: it opens a dialog, or goes to another place, or to a page of its own.
 * `alone` needs nothing chosen.
 */
export type Action<T> = {
  id: string;
  text: TextKey;
  /** Whether it works on several at once. */
  several?: boolean;
  /** Why it cannot be chosen for these, as far as their table tells; null where it can. */
  hindered?: (items: Chosen<T>, text: Text) => string | null;
} & (
  | { dialog: ActionDialog<T> }
  | { address: (region: string, item: T) => string }
  | { newTab: (region: string, item: T) => string }
  | { alone: PlainDialog }
);

/** A menu above the table and above the details, in groups where it is long. */
export interface Menu<T> {
  text: TextKey;
  items: (Action<T> | Group<T>)[];
}

/** Several actions of a menu; those on tags too where it `hasTags`. */
interface Group<T> {
  id: string;
  text: TextKey;
  actions: Action<T>[];
  hasTags?: boolean;
}

/** The button that makes a new one: in a dialog, or on a page of its own. */
export type Create = { text: TextKey } & (
  | { dialog: PlainDialog }
  | { address: (region: string) => string }
);

/** A kind of resource. */
export interface Resource<T> {
  /** Its name in addresses; preferences are kept by it. */
  page: string;
  title: TextKey;
  /** What must be known of all of them. */
  about?: TextKey;
  listing: (region: string) => Listing<T[]>;
  /** Which of them the table may show, the first at first; without them it shows the whole listing. */
  views?: readonly { id: string; text: TextKey; listing: (region: string) => Listing<T[]> }[];
  idOf: (item: T) => string;
  /** What people call it; empty where it has no name. */
  nameOf: (item: T) => string;
  /** Its tags, where it can have some: they get a tab and a dialog. */
  tagsOf?: (item: T) => readonly Tag[];
  columns: Column<T>[];
  /** The column by which it is sorted at first. */
  sortedBy: string;
  /** Whether what is greatest comes first: the latest, of a column of times. */
  latestFirst?: boolean;
  menus: Menu<T>[];
  /** What has a button of its own before the menus. */
  buttons?: Action<T>[];
  create?: Create;
  tabs: Tab<T>[];
}

/** One resource in a line: `web-1 (i-…)`, or its id alone. */
export function labelOf<T>(resource: Pick<Resource<T>, "idOf" | "nameOf">, item: T): string {
  return label(resource.idOf(item), resource.nameOf(item));
}

export function label(id: string, name: string): string {
  return name === "" || name === id ? id : `${name} (${id})`;
}

/** The value of the tag `Name`. */
export function nameTag(tags: readonly Tag[] | undefined): string {
  return tags?.find((tag) => tag.Key === "Name")?.Value ?? "";
}

/** Says which items of the page's table are selected, so that the split panel shows them. */
export const ChosenContext = createContext<(ids: string[]) => void>(() => undefined);

export const useChosen = (): ((ids: string[]) => void) => useContext(ChosenContext);
