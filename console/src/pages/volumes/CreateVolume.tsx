/** Create a volume, empty or from a snapshot. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { ChoiceField, whole } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { Consistency } from "../snapshots/Consistency";
import { snapshotsOf, type SnapshotRow } from "../snapshots/model";
import { EncryptionFields, encryptionAsked, NOT_ENCRYPTED } from "./EncryptionFields";
import { MeasureFields } from "./MeasureFields";
import { areWhole, asked, retyped, type Measures } from "./measures";
import { zonesOf } from "./model";

const USUAL_SIZE = 100; // GiB, as EC2's console proposes

interface Properties {
  region: string;
  /** The snapshot to begin with. */
  of?: SnapshotRow;
  close: () => void;
}

export function CreateVolume({ region, of, close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: zones } = useListing(useMemo(() => zonesOf(region), [region]));
  const { value: snapshots } = useListing(useMemo(() => snapshotsOf(region), [region]));
  const [measures, setMeasures] = useState<Measures>(() => {
    const size = String(of?.snapshot.VolumeSize ?? USUAL_SIZE);
    return retyped({ type: "", size, iops: "", throughput: "" }, "gp3");
  });
  const [chosenZone, setZone] = useState<string>();
  const [snapshotId, setSnapshotId] = useState(of?.id ?? "");
  const [encryption, setEncryption] = useState(NOT_ENCRYPTED);
  const [tags, setTags] = useState(NO_TAGS);
  const zone = chosenZone ?? zones?.[0] ?? "";
  const snapshot = snapshots?.find(({ id }) => id === snapshotId);
  const least = snapshot?.snapshot.VolumeSize ?? 0;
  const choose = (id: string): void => {
    const size = snapshots?.find((one) => one.id === id)?.snapshot.VolumeSize ?? 0;
    setSnapshotId(id);
    if ((whole(measures.size) ?? 0) < size) setMeasures({ ...measures, size: String(size) });
  };
  const parameters = {
    AvailabilityZone: zone,
    ...asked(measures),
    ...(snapshotId !== "" && { SnapshotId: snapshotId }),
    ...encryptionAsked(encryption),
    ...tagSpecifications("volume", tags),
  };
  const missing =
    zone === "" ? text("loading") : !areWhole(measures) ? text("volume.notWhole") : tags.valid ? null : text("tags.invalid");
  const refusal = useRefusal(region, "CreateVolume", missing === null ? parameters : undefined, snapshot?.state ?? "");
  const act = async (): Promise<void> => {
    const { VolumeId } = await call(region, "CreateVolume", parameters);
    say({ type: "success", content: text("createVolume.done", { volume: VolumeId ?? "" }) });
  };
  const grown = (whole(measures.size) ?? 0) > least;
  return (
    <Dialog
      title={text("action.createVolume")}
      go={text("action.createVolume")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[asCli("CreateVolume", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <MeasureFields value={measures} onChange={setMeasures} least={least} />
      <ChoiceField
        label="volume.zone"
        value={zone}
        description={text("createVolume.zoneHelp")}
        options={(zones ?? []).map((name) => ({ value: name, label: name }))}
        onChange={setZone}
      />
      <ChoiceField
        label="volume.snapshot"
        value={snapshotId}
        options={[
          { value: "", label: text("createVolume.noSnapshot") },
          ...(snapshots ?? []).map(({ id, name, state, snapshot: { VolumeSize, Description } }) => ({
            value: id,
            label: label(id, name),
            description: `${VolumeSize} GiB, ${state}${Description ? `, ${Description}` : ""}`,
          })),
        ]}
        onChange={choose}
        filtered
      />
      <EncryptionFields value={encryption} onChange={setEncryption} always={snapshot?.snapshot.Encrypted ?? false} />
      {snapshot === undefined ? (
        <Alert type="info">{text("createVolume.willEmpty", { zone })}</Alert>
      ) : (
        <Alert type="info" header={text("createVolume.willRestore", { snapshot: label(snapshot.id, snapshot.name), zone })}>
          <Consistency region={region} id={snapshot.id} />
          {grown && text("createVolume.grown", { least })}
        </Alert>
      )}
      <TagsField value={tags} onChange={setTags} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
