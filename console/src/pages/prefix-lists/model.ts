/** Managed prefix lists as the pages know them. */
import { call } from "../../api/call";
import { everyPage } from "../../api/everyPage";
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
  return everyPage(async (more) => {
    const { PrefixLists, NextToken } = await call(region, "DescribeManagedPrefixLists", more);
    return { items: PrefixLists, NextToken };
  });
}

/** The entries of a list in a version; of one that AWS provides there is no version to be named. */
export function entriesOf(region: string, id: string, version: number | undefined): Listing<PrefixListEntry[]> {
  return {
    key: `${region}/prefix-lists/${id}/entries/${version ?? ""}`,
    tables: ["prefix_list_entries"],
    of: id,
    read: () =>
      everyPage(async (more) => {
        const of = { PrefixListId: id, ...(version !== undefined && { TargetVersion: version }) };
        const { Entries, NextToken } = await call(region, "GetManagedPrefixListEntries", { ...of, ...more });
        return { items: Entries, NextToken };
      }),
  };
}

/** The security groups and route tables that name each of these lists. */
export function associationsOf(region: string, ids: readonly string[]): Listing<ReadonlyMap<string, string[]>> {
  const ofOne = async (id: string): Promise<[string, string[]]> => {
    const found = await everyPage(async (more) => {
      const answer = await call(region, "GetManagedPrefixListAssociations", { PrefixListId: id, ...more });
      return { items: answer.PrefixListAssociations, NextToken: answer.NextToken };
    });
    return [id, found.map(({ ResourceId = "" }) => ResourceId)];
  };
  return {
    key: `${region}/prefix-lists/${ids.join()}/associations`,
    tables: ["prefix_lists", "routes", "route_tables", "security_group_rules", "security_groups"],
    read: async () => new Map(await Promise.all(ids.map(ofOne))),
  };
}

/** EC2 takes a call and does nothing of it where what names a list forbids it; its state says so. */
export function checkDone(list: ManagedPrefixList | undefined): void {
  if (list?.State?.endsWith("-failed")) throw new Error(`${list.StateMessage} (${list.State})`);
}

/** A list in a line, in dialogs and notices. */
export function rowLabel({ id, list }: PrefixListRow): string {
  return label(id, list.PrefixListName ?? "");
}

/** All that a dry run about a list depends on. */
export function stateOf({ list }: PrefixListRow): string {
  return [list.State, list.Version, list.MaxEntries, list.PrefixListName].join();
}
