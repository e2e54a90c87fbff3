/** Volumes: the columns, menus and tabs that EC2's console has. */
import Link from "@cloudscape-design/components/link";
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { CreateSnapshot } from "../snapshots/CreateSnapshot";
import { AttachedTo, attachedText } from "./AttachedTo";
import { AttachVolume } from "./AttachVolume";
import { AutoEnableIo } from "./AutoEnableIo";
import { CreateVolume } from "./CreateVolume";
import { DeleteVolumes } from "./DeleteVolumes";
import { DetachVolume } from "./DetachVolume";
import { instanceLabel, volumesOf, wordOf, type VolumeRow } from "./model";
import { ModifyVolume } from "./ModifyVolume";
import { SnapshotLink, VolumeFacts, VolumeState } from "./VolumeFacts";
import { VolumeSnapshots } from "./VolumeSnapshots";
import { VolumeStatus, VolumeStatusChecks, volumeStatusText } from "./VolumeStatus";

const columns: Column<VolumeRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "volume.id",
    width: 210,
    value: (row) => row.id,
    cell: (row, { region }) => <Link href={at(region, "volumes", row.id)}>{row.id}</Link>,
  },
  { id: "type", header: "volume.kind", width: 100, value: (row) => row.volume.VolumeType ?? "" },
  { id: "size", header: "volume.capacity", width: 110, value: (row) => `${row.volume.Size} GiB` },
  { id: "iops", header: "volume.iops", width: 100, value: (row) => String(row.volume.Iops ?? "") },
  { id: "throughput", header: "volume.throughput", width: 150, value: (row) => String(row.volume.Throughput ?? "") },
  {
    id: "snapshot",
    header: "volume.snapshot",
    width: 220,
    value: (row) => row.volume.SnapshotId ?? "",
    cell: ({ volume }, { region }) => (volume.SnapshotId ? <SnapshotLink region={region} id={volume.SnapshotId} /> : "–"),
  },
  {
    id: "created",
    header: "volume.created",
    width: 210,
    value: (row) => row.volume.CreateTime ?? "",
    cell: (row, { moment }) => moment(row.volume.CreateTime),
  },
  { id: "zone", header: "volume.zone", width: 225, value: (row) => row.volume.AvailabilityZone ?? "" },
  {
    id: "state",
    header: "volume.state",
    width: 150,
    value: wordOf,
    cell: (row) => <VolumeState row={row} />,
  },
  {
    id: "attached",
    header: "volume.attachedResources",
    width: 330,
    value: attachedText,
    cell: (row, { region }) => <AttachedTo region={region} row={row} />,
  },
  {
    id: "status",
    header: "volume.status",
    width: 140,
    value: (row, { text }) => volumeStatusText(text, row),
    cell: (row) => <VolumeStatus row={row} />,
  },
  {
    id: "encryption",
    header: "volume.encryption",
    width: 140,
    value: (row, { text }) => text(row.volume.Encrypted ? "encrypted" : "notEncrypted"),
  },
  {
    id: "multiAttach",
    header: "volume.multiAttach",
    width: 205,
    value: (row, { text }) => text(row.volume.MultiAttachEnabled ? "yes" : "no"),
    hidden: true,
  },
];

/** Why none of them can be attached or deleted, as far as the table tells. */
function isUsed(rows: Chosen<VolumeRow>, text: Text): string | null {
  const [first] = rows;
  if (!rows.every(({ attachment }) => attachment !== undefined)) return null;
  return text("volume.isUsed", { volume: first.id, instance: instanceLabel(first) });
}

function isFree([row]: Chosen<VolumeRow>, text: Text): string | null {
  return row.attachment === undefined ? text("volume.isFree", { state: row.state }) : null;
}

const menus: Menu<VolumeRow>[] = [
  {
    text: "actions",
    items: [
      { id: "modify", text: "action.modifyVolume", dialog: ModifyVolume },
      { id: "snapshot", text: "action.createSnapshot", dialog: CreateSnapshot },
      { id: "delete", text: "action.deleteVolume", several: true, hindered: isUsed, dialog: DeleteVolumes },
      { id: "attach", text: "action.attachVolume", hindered: isUsed, dialog: AttachVolume },
      {
        id: "detach",
        text: "action.detachVolume",
        hindered: isFree,
        dialog: (given) => <DetachVolume force={false} {...given} />,
      },
      {
        id: "forceDetach",
        text: "action.forceDetachVolume",
        hindered: isFree,
        dialog: (given) => <DetachVolume force {...given} />,
      },
      { id: "autoEnableIo", text: "action.autoEnableIo", dialog: AutoEnableIo },
    ],
  },
];

const volumes: Resource<VolumeRow> = {
  page: "volumes",
  title: "volumes",
  listing: volumesOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: (row) => row.volume.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createVolume", dialog: CreateVolume },
  tabs: [
    { id: "details", label: "tab.details", view: VolumeFacts },
    { id: "status", label: "check.title", view: VolumeStatusChecks },
    { id: "snapshots", label: "snapshots", view: VolumeSnapshots },
  ],
};

export default volumes;
