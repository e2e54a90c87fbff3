/** Delete snapshots: the cloud refuses those that AMIs need, and names the AMIs. */
import type { ReactNode } from "react";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import type { SnapshotRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<SnapshotRow>;
  close: () => void;
}

export function DeleteSnapshots({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const prospect = ({ snapshot }: SnapshotRow): Prospect => ({
    type: "warning",
    text: text("deleteSnapshot.will", { volume: snapshot.VolumeId ?? "", size: snapshot.VolumeSize ?? 0 }),
  });
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={(row) => label(row.id, row.name)}
      title={text("deleteSnapshot.title", { count: items.length })}
      what={text("action.deleteSnapshot")}
      action="DeleteSnapshot"
      parameters={(row) => ({ SnapshotId: row.id })}
      prospect={prospect}
      stateOf={(row) => [row.state, ...row.images].join()}
      close={close}
    />
  );
}
