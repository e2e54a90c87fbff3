/** What is known of one snapshot; how its disk was cut too, which EC2 hides. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import { byteSize } from "../../texts/bytes";
import { useMoment, useText } from "../../texts/texts";
import { Consistency } from "./Consistency";
import type { SnapshotRow } from "./model";

export function SnapshotFacts({ region, item: row }: { region: string; item: SnapshotRow }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { snapshot } = row;
  return (
    <Facts
      facts={[
        ["snapshot.id", row.id],
        ["snapshot.status", <State state={row.state} />],
        ["snapshot.progress", snapshot.Progress],
        ["snapshot.consistency", <Consistency region={region} id={row.id} />],
        ["snapshot.volume", <VolumeOf region={region} row={row} />],
        ["snapshot.size", `${snapshot.VolumeSize} GiB`],
        ["snapshot.fullSize", byteSize(snapshot.FullSnapshotSizeInBytes)],
        ["snapshot.started", moment(snapshot.StartTime)],
        ["snapshot.completed", moment(snapshot.CompletionTime)],
        ["snapshot.description", snapshot.Description],
        ["snapshot.message", snapshot.StateMessage],
        ["snapshot.images", row.images.length === 0 ? "" : <Images region={region} ids={row.images} />],
        ["snapshot.tier", spoken(snapshot.StorageTier ?? "")],
        ["snapshot.encryption", text(snapshot.Encrypted ? "encrypted" : "notEncrypted")],
        ["snapshot.key", snapshot.KmsKeyId],
        ["snapshot.owner", snapshot.OwnerId],
      ]}
    />
  );
}

function Images({ region, ids }: { region: string; ids: readonly string[] }): ReactNode {
  return ids.map((id) => (
    <div key={id}>
      <Link href={at(region, "images", id)}>{id}</Link>
    </div>
  ));
}

const NO_VOLUME = "vol-ffffffff"; // EC2's word for that of a copied or imported snapshot

/** The volume it was cut of, which may be gone. */
export function VolumeOf({ region, row }: { region: string; row: SnapshotRow }): ReactNode {
  const id = row.snapshot.VolumeId ?? "";
  return id === "" || id === NO_VOLUME ? id : <Link href={at(region, "volumes", id)}>{id}</Link>;
}
