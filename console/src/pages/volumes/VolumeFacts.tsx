/** What is known of one volume, and how its last modification goes. */
import Alert from "@cloudscape-design/components/alert";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import type { VolumeModification } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { AttachedTo } from "./AttachedTo";
import { isRoot, wordOf, type VolumeRow } from "./model";
import { VolumeStatus } from "./VolumeStatus";

export function VolumeFacts({ region, item: row }: { region: string; item: VolumeRow }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { volume, attachment, modification } = row;
  const yes = (is: boolean | undefined): string => text(is ? "yes" : "no");
  return (
    <SpaceBetween size="l">
      {attachment?.State === "busy" && (
        <Alert type="warning" header={text("volume.busy")}>
          {text("volume.busyWhy")}
        </Alert>
      )}
      <Facts
        facts={[
          ["volume.id", row.id],
          ["volume.capacity", `${volume.Size} GiB`],
          ["volume.kind", volume.VolumeType],
          ["volume.state", <VolumeState row={row} />],
          ["volume.status", <VolumeStatus row={row} />],
          ["volume.iops", volume.Iops],
          ["volume.throughput", volume.Throughput],
          ["volume.attachedResources", <AttachedTo region={region} row={row} />],
          ["volume.root", attachment && yes(isRoot(row))],
          ["volume.deleteOnTermination", attachment && yes(attachment.DeleteOnTermination)],
          ["volume.snapshot", volume.SnapshotId && <SnapshotLink region={region} id={volume.SnapshotId} />],
          ["volume.zone", volume.AvailabilityZone],
          ["volume.created", moment(volume.CreateTime)],
          ["volume.encryption", text(volume.Encrypted ? "encrypted" : "notEncrypted")],
          ["volume.key", volume.KmsKeyId],
          ["volume.multiAttach", yes(volume.MultiAttachEnabled)],
        ]}
      />
      {modification && <Modification of={modification} />}
    </SpaceBetween>
  );
}

/** Its state; a modification that is under way beside it. */
export function VolumeState({ row }: { row: VolumeRow }): ReactNode {
  const word = wordOf(row);
  return word === row.state ? <State state={row.state} /> : <StatusIndicator type="in-progress">{word}</StatusIndicator>;
}

export function SnapshotLink({ region, id }: { region: string; id: string }): ReactNode {
  return <Link href={at(region, "snapshots", id)}>{id}</Link>;
}

function Modification({ of }: { of: VolumeModification }): ReactNode {
  const moment = useMoment();
  const measures = (size?: number, type?: string, iops?: number, throughput?: number): string =>
    [`${size} GiB`, type, iops && `${iops} IOPS`, throughput && `${throughput} MiB/s`].filter(Boolean).join(", ");
  return (
    <Facts
      title="modification.title"
      facts={[
        ["modification.state", <State state={of.ModificationState ?? ""} />],
        ["modification.progress", `${of.Progress ?? 0}%`],
        ["modification.message", of.StatusMessage],
        ["modification.original", measures(of.OriginalSize, of.OriginalVolumeType, of.OriginalIops, of.OriginalThroughput)],
        ["modification.target", measures(of.TargetSize, of.TargetVolumeType, of.TargetIops, of.TargetThroughput)],
        ["modification.started", moment(of.StartTime)],
        ["modification.ended", moment(of.EndTime)],
      ]}
    />
  );
}
