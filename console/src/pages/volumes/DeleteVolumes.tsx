/** Delete volumes: says of each what is lost and what stays. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { snapshotsOf } from "../snapshots/model";
import { stateOf, type VolumeRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<VolumeRow>;
  close: () => void;
}

export function DeleteVolumes({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const { value: snapshots } = useListing(useMemo(() => snapshotsOf(region), [region]));
  const prospect = (row: VolumeRow): Prospect => {
    const of = snapshots?.filter(({ snapshot, state }) => snapshot.VolumeId === row.id && state === "completed").map(({ id }) => id);
    if (of === undefined) return { type: "loading", text: text("loading") };
    const size = row.volume.Size ?? 0;
    const lost = text(of.length === 0 ? "deleteVolume.willNone" : "deleteVolume.will", { size, snapshots: of.join(", ") });
    return { type: "warning", text: lost };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={(row) => label(row.id, row.name)}
      title={text("deleteVolume.title", { count: items.length })}
      what={text("action.deleteVolume")}
      action="DeleteVolume"
      parameters={(row) => ({ VolumeId: row.id })}
      prospect={prospect}
      stateOf={stateOf}
      close={close}
    />
  );
}
