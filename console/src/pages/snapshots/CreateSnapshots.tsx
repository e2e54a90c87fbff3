/** Create snapshots from the page of snapshots: of one volume, or of an instance's volumes, all at one instant. */
import Tiles from "@cloudscape-design/components/tiles";
import FormField from "@cloudscape-design/components/form-field";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { ChoiceField, TextField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { instancesOf } from "../instances/model";
import { instanceState, stateOf, volumesOf } from "../volumes/model";
import { CutAnswer } from "./CutAnswer";
import { everyVolume, specification, VolumesToCut } from "./VolumesToCut";

type Of = "volume" | "instance";
const SNAPPABLE = ["running", "stopping", "stopped"];

export function CreateSnapshots({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: volumes } = useListing(useMemo(() => volumesOf(region), [region]));
  const { value: all } = useListing(useMemo(() => instancesOf(region), [region]));
  const [of, setOf] = useState<Of>("volume");
  const [volumeId, setVolumeId] = useState("");
  const [instanceId, setInstanceId] = useState("");
  const [selection, setSelection] = useState(everyVolume);
  const [description, setDescription] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  const instances = (all ?? []).filter(({ state }) => SNAPPABLE.includes(state));
  const volume = volumes?.find(({ id }) => id === volumeId);
  const instance = instances.find(({ id }) => id === instanceId);
  const attached = (volumes ?? []).filter(({ attachment }) => attachment?.InstanceId === instanceId);
  const common = { ...(description !== "" && { Description: description }), ...tagSpecifications("snapshot", tags) };
  const one = { VolumeId: volumeId, ...common };
  const several = {
    InstanceSpecification: specification(instanceId, selection),
    ...common,
    ...(selection.copiesTags && { CopyTagsFromSource: "volume" as const }),
  };
  const isOne = of === "volume";
  const chosen = isOne ? volume : instance;
  const missing =
    chosen === undefined ? text(isOne ? "createSnapshot.chooseVolume" : "attach.chooseInstance") : tags.valid ? null : text("tags.invalid");
  const now = isOne ? volume && stateOf(volume) : [instance?.state, ...attached.map(stateOf)].join();
  const ofOne = useRefusal(region, "CreateSnapshot", isOne && missing === null ? one : undefined, now);
  const ofSeveral = useRefusal(region, "CreateSnapshots", !isOne && missing === null ? several : undefined, now);
  const refusal = isOne ? ofOne : ofSeveral;
  const act = async (): Promise<void> => {
    const ids = isOne
      ? [(await call(region, "CreateSnapshot", one)).SnapshotId]
      : ((await call(region, "CreateSnapshots", several)).Snapshots ?? []).map(({ SnapshotId }) => SnapshotId);
    say({ type: "success", content: text("createSnapshot.done", { ids: ids.join(", ") }) });
  };
  const state = isOne ? volume?.attachment && instanceState(volume) : instance?.state;
  return (
    <Dialog
      title={text("action.createSnapshot")}
      go={text("action.createSnapshot")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[isOne ? asCli("CreateSnapshot", one, region) : asCli("CreateSnapshots", several, region)]}
      act={act}
      close={close}
      size="large"
    >
      <FormField label={text("createSnapshot.resourceType")} stretch>
        <Tiles
          value={of}
          ariaLabel={text("createSnapshot.resourceType")}
          onChange={({ detail }) => setOf(detail.value as Of)}
          items={[
            { value: "volume", label: text("createSnapshot.volume"), description: text("createSnapshot.volumeHelp") },
            { value: "instance", label: text("createSnapshot.instance"), description: text("createSnapshot.instanceHelp") },
          ]}
        />
      </FormField>
      {isOne ? (
        <ChoiceField
          label="volume.id"
          value={volumeId}
          empty={text(volumes?.length === 0 ? "createSnapshot.noVolume" : "createSnapshot.chooseVolume")}
          options={(volumes ?? []).map(({ id, name, state: is, volume: { Size } }) => ({
            value: id,
            label: label(id, name),
            description: `${Size} GiB, ${is}`,
          }))}
          onChange={setVolumeId}
          filtered
        />
      ) : (
        <ChoiceField
          label="instance.id"
          value={instanceId}
          empty={text(all !== undefined && instances.length === 0 ? "createSnapshot.noInstance" : "attach.chooseInstance")}
          options={instances.map(({ id, name, state: is }) => ({ value: id, label: label(id, name), description: is }))}
          onChange={(id) => {
            setInstanceId(id);
            setSelection(everyVolume);
          }}
          filtered
        />
      )}
      {!isOne && instance && <VolumesToCut of={attached} value={selection} onChange={setSelection} />}
      {chosen && <CutAnswer instanceState={state} tags={tags} />}
      <TextField label="snapshot.description" value={description} onChange={setDescription} constraint={text("snapshot.descriptionHelp")} optional />
      <TagsField value={tags} onChange={setTags} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
