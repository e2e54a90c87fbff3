/** Attach a volume to an instance of its zone: at a device name that is free, and what the guest calls it. */
import Alert from "@cloudscape-design/components/alert";
import Autosuggest from "@cloudscape-design/components/autosuggest";
import FormField from "@cloudscape-design/components/form-field";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { ChoiceField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { HibernatedWarning } from "../instances/HibernatedWarning";
import { instancesOf, type Row } from "../instances/model";
import { freeDevices, linkInGuest } from "./devices";
import { hasNvme, stateOf, type VolumeRow } from "./model";

const ATTACHABLE = ["running", "stopped"];

interface Properties {
  region: string;
  items: Chosen<VolumeRow>;
  close: () => void;
}

export function AttachVolume({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: all } = useListing(useMemo(() => instancesOf(region), [region]));
  const [instanceId, setInstanceId] = useState("");
  const [typed, setDevice] = useState<string>();
  const zone = row.volume.AvailabilityZone ?? "";
  const instances = (all ?? []).filter(
    ({ instance, state }) => instance.Placement?.AvailabilityZone === zone && ATTACHABLE.includes(state),
  );
  const instance = instances.find(({ id }) => id === instanceId);
  const devices = instance === undefined ? [] : freeDevices(instance.instance);
  const device = typed ?? devices[0] ?? "";
  const parameters = { VolumeId: row.id, InstanceId: instanceId, Device: device };
  const missing = instance === undefined ? text("attach.chooseInstance") : device === "" ? text("attach.chooseDevice") : null;
  const refusal = useRefusal(region, "AttachVolume", missing === null ? parameters : undefined, stateOf(row) + instance?.state);
  const act = async (): Promise<void> => {
    await call(region, "AttachVolume", parameters);
    say({ type: "success", content: text("attach.done", { volume: label(row.id, row.name), instance: instanceId }) });
  };
  return (
    <Dialog
      title={text("action.attachVolume")}
      go={text("action.attachVolume")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[asCli("AttachVolume", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <KeyValuePairs
        columns={2}
        items={[
          { label: text("volume.id"), value: label(row.id, row.name) },
          { label: text("volume.zone"), value: zone },
        ]}
      />
      <ChoiceField
        label="attach.instance"
        value={instanceId}
        description={text("attach.instanceHelp", { zone })}
        empty={text(all === undefined ? "loading" : instances.length === 0 ? "attach.noInstance" : "attach.chooseInstance")}
        options={instances.map(({ id, name, state, instance: { InstanceType } }) => ({
          value: id,
          label: label(id, name),
          description: `${InstanceType}, ${state}`,
        }))}
        onChange={(id) => {
          setInstanceId(id);
          setDevice(undefined);
        }}
        filtered
      />
      <FormField label={text("attach.device")} constraintText={text("attach.deviceHelp")}>
        <Autosuggest
          value={device}
          disabled={instance === undefined}
          options={devices.map((name) => ({ value: name }))}
          enteredTextLabel={(value) => text("attach.use", { device: value })}
          onChange={({ detail }) => setDevice(detail.value)}
        />
      </FormField>
      {instance?.state === "stopped" && <HibernatedWarning region={region} id={instance.id} />}
      {instance && <Seen region={region} volume={row.id} of={instance} isRoot={device === instance.instance.RootDeviceName} />}
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}

/** What the guest will see of the volume, and when. */
function Seen({ region, volume, of, isRoot }: { region: string; volume: string; of: Row; isRoot: boolean }): ReactNode {
  const text = useText();
  const { value: nvme } = useListing(useMemo(() => hasNvme(region, of.id), [region, of.id]));
  if (nvme === undefined) return text("loading");
  const link = linkInGuest(volume, nvme);
  return (
    <Alert type="info" header={text(of.state === "running" ? "attach.willRunning" : "attach.willStopped")}>
      {isRoot ? text("attach.root") : text(nvme ? "attach.nvme" : "attach.virtio", { link })}
    </Alert>
  );
}
