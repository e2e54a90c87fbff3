/** Modify a volume: what its guest sees of it, what it must do, and what cannot be undone. */
import Alert from "@cloudscape-design/components/alert";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { whole } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { MeasureFields } from "./MeasureFields";
import { areWhole, asked, type AskedMeasures, type Measures } from "./measures";
import { hasNvme, instanceLabel, instanceState, stateOf, wordOf, type VolumeRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<VolumeRow>;
  close: () => void;
}

export function ModifyVolume({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [before] = useState(() => measuresOf(row)); // as it was when this was opened
  const [measures, setMeasures] = useState(before);
  const parameters = { VolumeId: row.id, ...changed(asked(before), asked(measures)) };
  const missing = !areWhole(measures)
    ? text("volume.notWhole")
    : Object.keys(parameters).length === 1
      ? text("nothing.changed")
      : null;
  const refusal = useRefusal(region, "ModifyVolume", missing === null ? parameters : undefined, stateOf(row));
  const act = async (): Promise<void> => {
    await call(region, "ModifyVolume", parameters);
    say({ type: "success", content: text("modifyVolume.done", { volume: label(row.id, row.name) }) });
  };
  return (
    <Dialog
      title={text("action.modifyVolume")}
      go={text("modifyVolume.go")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[asCli("ModifyVolume", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <KeyValuePairs
        columns={3}
        items={[
          { label: text("volume.id"), value: label(row.id, row.name) },
          { label: text("volume.state"), value: wordOf(row) },
          { label: text("volume.attachedResources"), value: instanceLabel(row) || "–" },
        ]}
      />
      <MeasureFields value={measures} onChange={setMeasures} least={row.volume.Size ?? 0} />
      <Alert type="info">
        <SpaceBetween size="xs">
          {(whole(measures.size) ?? 0) > (row.volume.Size ?? 0) && <Growth region={region} row={row} />}
          <div>{text("modifyVolume.limits")}</div>
        </SpaceBetween>
      </Alert>
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}

/** When the guest sees a new size, and what it has to do then. */
function Growth({ region, row }: { region: string; row: VolumeRow }): ReactNode {
  const text = useText();
  const id = row.instance?.InstanceId;
  return (
    <>
      <div>{text("modifyVolume.noShrink")}</div>
      {id === undefined ? (
        <div>{text("modifyVolume.unattached")}</div>
      ) : instanceState(row) === "running" ? (
        <Seen region={region} instanceId={id} />
      ) : (
        <div>{text("modifyVolume.stopped")}</div>
      )}
      <div>{text("modifyVolume.fileSystem")}</div>
    </>
  );
}

function Seen({ region, instanceId }: { region: string; instanceId: string }): ReactNode {
  const text = useText();
  const { value: nvme } = useListing(useMemo(() => hasNvme(region, instanceId), [region, instanceId]));
  if (nvme === undefined) return text("loading");
  return <div>{text(nvme ? "modifyVolume.nvme" : "modifyVolume.virtio")}</div>;
}

function measuresOf({ volume: { VolumeType, Size, Iops, Throughput } }: VolumeRow): Measures {
  return { type: VolumeType ?? "", size: String(Size ?? ""), iops: String(Iops ?? ""), throughput: String(Throughput ?? "") };
}

/** What of the measures is not as it was; of another type, its performance too. */
export function changed(before: AskedMeasures, after: AskedMeasures): Partial<AskedMeasures> {
  const entries = Object.entries(after) as [keyof AskedMeasures, unknown][];
  return Object.fromEntries(entries.filter(([name, value]) => value !== before[name])) as Partial<AskedMeasures>;
}
