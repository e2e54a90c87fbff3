/** Managed prefix lists: the columns, menus and tabs that EC2's console has. */
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { CreatePrefixList } from "./CreatePrefixList";
import { DeletePrefixLists } from "./DeletePrefixLists";
import { prefixListsOf, type PrefixListRow } from "./model";
import { ModifyPrefixList } from "./ModifyPrefixList";
import { PrefixListAssociations, PrefixListEntries, PrefixListFacts } from "./PrefixListTabs";
import { ResizePrefixList } from "./ResizePrefixList";
import { RestorePrefixList } from "./RestorePrefixList";

const PAGE = "prefix-lists";

const columns: Column<PrefixListRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "prefixList.id",
    width: 225,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  { id: "listName", header: "prefixList.name", width: 280, value: ({ list }) => list.PrefixListName ?? "" },
  { id: "most", header: "prefixList.most", width: 150, value: ({ list }) => String(list.MaxEntries ?? "") },
  { id: "family", header: "prefixList.family", width: 185, value: ({ list }) => list.AddressFamily ?? "" },
  {
    id: "state",
    header: "gateway.state",
    width: 180,
    value: ({ list }) => spoken(list.State ?? ""),
    cell: ({ list }) => <State state={list.State ?? ""} />,
  },
  { id: "message", header: "prefixList.message", width: 240, value: ({ list }) => list.StateMessage ?? "" },
  { id: "version", header: "prefixList.version", width: 110, value: ({ list }) => String(list.Version ?? "") },
  { id: "arn", header: "prefixList.arn", width: 420, value: ({ list }) => list.PrefixListArn ?? "", hidden: true },
  { id: "owner", header: "ownerId", width: 150, value: ({ list }) => list.OwnerId ?? "" },
];

/** Why none of them can be changed. */
function areAws(rows: Chosen<PrefixListRow>, text: Text): string | null {
  return rows.every(({ isAws }) => isAws) ? text("prefixList.aws") : null;
}

const menus: Menu<PrefixListRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, PAGE, row.id) },
      { id: "modify", text: "action.modifyPrefixList", hindered: areAws, dialog: ModifyPrefixList },
      { id: "resize", text: "action.resizePrefixList", hindered: areAws, dialog: ResizePrefixList },
      {
        id: "restore",
        text: "action.restorePrefixList",
        hindered: (rows, text) => areAws(rows, text) ?? (rows[0].list.Version === 1 ? text("prefixList.firstVersion") : null),
        dialog: RestorePrefixList,
      },
      { id: "delete", text: "action.deletePrefixList", several: true, hindered: areAws, dialog: DeletePrefixLists },
    ],
  },
];

const prefixLists: Resource<PrefixListRow> = {
  page: PAGE,
  title: "prefixLists",
  listing: prefixListsOf,
  idOf: (row) => row.id,
  nameOf: ({ list }) => list.PrefixListName ?? "",
  tagsOf: ({ list }) => list.Tags ?? [],
  columns,
  sortedBy: "listName",
  menus,
  create: { text: "action.createPrefixList", dialog: CreatePrefixList },
  tabs: [
    { id: "details", label: "tab.details", view: PrefixListFacts },
    { id: "entries", label: "prefixList.entriesTab", view: PrefixListEntries },
    { id: "associations", label: "prefixList.associations", view: PrefixListAssociations },
  ],
};

export default prefixLists;
