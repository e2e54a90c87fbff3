/** The entries of a prefix list as they are edited, and what leads to them from those that it has. Pure. */
import type { PrefixListEntry } from "../../api/types";

export interface EditedEntry {
  cidr: string;
  description: string;
}

export interface EntryChanges {
  add: { Cidr: string; Description?: string }[];
  remove: { Cidr: string }[];
}

export function edited(entries: readonly PrefixListEntry[]): EditedEntry[] {
  return entries.map(({ Cidr = "", Description = "" }) => ({ cidr: Cidr, description: Description }));
}

/** Entries as calls take them, without rows that are empty. */
export function asked(entries: readonly EditedEntry[]): EntryChanges["add"] {
  return entries
    .map(({ cidr, description }) => ({ Cidr: cidr.trim(), ...(description !== "" && { Description: description }) }))
    .filter(({ Cidr }) => Cidr !== "");
}

/** What is added and removed. A block whose description changes is added again. */
export function changesOf(before: readonly PrefixListEntry[], after: readonly EditedEntry[]): EntryChanges {
  const wanted = asked(after);
  const known = new Map(before.map(({ Cidr = "", Description = "" }) => [Cidr, Description]));
  return {
    add: wanted.filter(({ Cidr, Description = "" }, index) => {
      const isTwice = wanted.findIndex((one) => one.Cidr === Cidr) !== index; // EC2 refuses that, and says so
      return isTwice || known.get(Cidr) !== Description;
    }),
    remove: [...known.keys()].filter((cidr) => !wanted.some(({ Cidr }) => Cidr === cidr)).map((Cidr) => ({ Cidr })),
  };
}
