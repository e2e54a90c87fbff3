/** Snapshots: the columns, menus and tabs that EC2's console has, and how each was cut, which it has not. */
import Link from "@cloudscape-design/components/link";
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import { byteSize } from "../../texts/bytes";
import type { Text } from "../../texts/texts";
import { CreateVolume } from "../volumes/CreateVolume";
import { CopySnapshot } from "./CopySnapshot";
import { CreateSnapshots } from "./CreateSnapshots";
import { DeleteSnapshots } from "./DeleteSnapshots";
import { snapshotsOf, type SnapshotRow } from "./model";
import { ModifyPermissions } from "./ModifyPermissions";
import { RegisterImage } from "./RegisterImage";
import { SnapshotFacts, VolumeOf } from "./SnapshotFacts";
import { SnapshotSettings } from "./SnapshotSettings";

const columns: Column<SnapshotRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "snapshot.id",
    width: 220,
    value: (row) => row.id,
    cell: (row, { region }) => <Link href={at(region, "snapshots", row.id)}>{row.id}</Link>,
  },
  {
    id: "fullSize",
    header: "snapshot.fullSize",
    width: 240,
    value: (row) => byteSize(row.snapshot.FullSnapshotSizeInBytes) ?? "–",
  },
  { id: "size", header: "snapshot.size", width: 160, value: (row) => `${row.snapshot.VolumeSize} GiB` },
  { id: "description", header: "snapshot.description", width: 260, value: (row) => row.snapshot.Description || "–" },
  { id: "tier", header: "snapshot.tier", width: 160, value: (row) => spoken(row.snapshot.StorageTier ?? "") },
  {
    id: "status",
    header: "snapshot.status",
    width: 170,
    value: (row) => row.state,
    cell: (row) => <State state={row.state} />,
  },
  {
    id: "started",
    header: "snapshot.started",
    width: 210,
    value: (row) => row.snapshot.StartTime ?? "",
    cell: (row, { moment }) => moment(row.snapshot.StartTime),
  },
  { id: "progress", header: "snapshot.progress", width: 120, value: (row) => row.snapshot.Progress ?? "" },
  {
    id: "encryption",
    header: "snapshot.encryption",
    width: 140,
    value: (row, { text }) => text(row.snapshot.Encrypted ? "encrypted" : "notEncrypted"),
  },
  { id: "owner", header: "snapshot.owner", width: 150, value: (row) => row.snapshot.OwnerId ?? "" },
  {
    id: "volume",
    header: "snapshot.volume",
    width: 210,
    value: (row) => row.snapshot.VolumeId ?? "",
    cell: (row, { region }) => <VolumeOf region={region} row={row} />,
    hidden: true,
  },
];

function isIncomplete([row]: Chosen<SnapshotRow>, text: Text): string | null {
  return row.state === "completed" ? null : text("snapshot.isIncomplete", { state: row.state });
}

const menus: Menu<SnapshotRow>[] = [
  {
    text: "actions",
    items: [
      {
        id: "createVolume",
        text: "action.createVolumeFromSnapshot",
        hindered: isIncomplete,
        dialog: ({ region, items: [row], close }) => <CreateVolume region={region} of={row} close={close} />,
      },
      { id: "registerImage", text: "action.createImageFromSnapshot", hindered: isIncomplete, dialog: RegisterImage },
      { id: "copy", text: "action.copySnapshot", hindered: isIncomplete, dialog: CopySnapshot },
      { id: "delete", text: "action.deleteSnapshot", several: true, dialog: DeleteSnapshots },
      {
        id: "settings",
        text: "snapshot.settings",
        actions: [{ id: "permissions", text: "action.modifyPermissions", dialog: ModifyPermissions }],
      },
    ],
  },
];

const snapshots: Resource<SnapshotRow> = {
  page: "snapshots",
  title: "snapshots",
  listing: snapshotsOf,
  views: [
    { id: "self", text: "snapshots.self", listing: (region) => snapshotsOf(region, "self") },
    { id: "private", text: "snapshots.private", listing: (region) => snapshotsOf(region, "private") },
    { id: "public", text: "snapshots.public", listing: (region) => snapshotsOf(region, "public") },
  ],
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: (row) => row.snapshot.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createSnapshot", dialog: CreateSnapshots },
  tabs: [
    { id: "details", label: "tab.details", view: SnapshotFacts },
    { id: "settings", label: "snapshot.settings", view: SnapshotSettings },
  ],
};

export default snapshots;
