/** Managed prefix lists as the pages know them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { ManagedPrefixList, PrefixListEntry } from "../../api/types";
import { label, nameTag } from "../../resource/resource";

export interface PrefixListRow {
  id: string;
  name: string;
  list: ManagedPrefixList;
  /** Whether AWS provides it: nobody else changes it. */
  isAws: boolean;
}

/** Every prefix list of a region, those that AWS provides too. */
export function prefixListsOf(region: string): Listing<PrefixListRow[]> {
  return {
    key: `${region}/prefix-lists`,
    tables: ["prefix_lists", "prefix_list_entries", "tags"],
    read: async () =>
      (await listsOf(region)).map((list) => ({
        id: list.PrefixListId ?? "",
        name: nameTag(list.Tags),
        list,
        isAws: list.OwnerId === "AWS",
      })),
  };
}

async function listsOf(region: string): Promise<ManagedPrefixList[]> {
  const found: ManagedPrefixList[] = [];
  let token: string | undefined;
  do {
    const page = await call(region, "DescribeManagedPrefixLists", token === undefined ? {} : { NextToken: token });
    found.push(...(page.PrefixLists ?? []));
    token = page.NextToken || undefined;
  } while (token !== undefined);
  return found;
}

/** The entries of a list in a version, by their blocks. */
export function entriesOf(region: string, { id, list }: PrefixListRow, version = list.Version): Listing<PrefixListEntry[]> {
  return {
    key: `${region}/prefix-lists/${id}/entries/${version ?? ""}`,
    tables: ["prefix_list_entries"],
    of: id,
    read: async () => {
      const found: PrefixListEntry[] = [];
      let token: string | undefined;
      do {
        const page = await call(region, "GetManagedPrefixListEntries", {
          PrefixListId: id,
          ...(version !== undefined && { TargetVersion: version }),
          ...(token !== undefined && { NextToken: token }),
        });
        found.push(...(page.Entries ?? []));
        token = page.NextToken || undefined;
      } while (token !== undefined);
      return found;
    },
  };
}

/** A list in a line, in dialogs and notices. */
export function rowLabel({ id, list }: PrefixListRow): string {
  return label(id, list.PrefixListName ?? "");
}

/** All that a dry run about a list depends on. */
export function stateOf({ list }: PrefixListRow): string {
  return [list.State, list.Version, list.MaxEntries, list.PrefixListName].join();
}
