/** Create image from snapshot: an AMI whose root volume is what the snapshot holds. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { ChoiceField, TextField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { areWhole, asked, retyped, type Measures } from "../volumes/measures";
import { MeasureFields } from "../volumes/MeasureFields";
import { Consistency } from "./Consistency";
import type { SnapshotRow } from "./model";

const ARCHITECTURES = ["x86_64", "i386"] as const;
const BOOT_MODES = ["legacy-bios", "uefi", "uefi-preferred"] as const;
const USUAL_ROOT = "/dev/sda1"; // as EC2's console proposes

interface Properties {
  region: string;
  items: Chosen<SnapshotRow>;
  close: () => void;
}

export function RegisterImage({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [architecture, setArchitecture] = useState<string>(ARCHITECTURES[0]);
  const [root, setRoot] = useState(USUAL_ROOT);
  const [bootMode, setBootMode] = useState("");
  const [measures, setMeasures] = useState<Measures>(() =>
    retyped({ type: "", size: String(row.snapshot.VolumeSize ?? ""), iops: "", throughput: "" }, "gp3"),
  );
  const [deleted, setDeleted] = useState(true);
  const [tags, setTags] = useState(NO_TAGS);
  const { Size: VolumeSize, ...performance } = asked(measures);
  const parameters = {
    Name: name,
    ...(description !== "" && { Description: description }),
    Architecture: architecture as (typeof ARCHITECTURES)[number],
    VirtualizationType: "hvm" as const,
    EnaSupport: true,
    ...(bootMode !== "" && { BootMode: bootMode as (typeof BOOT_MODES)[number] }),
    RootDeviceName: root,
    BlockDeviceMappings: [
      { DeviceName: root, Ebs: { SnapshotId: row.id, VolumeSize, ...performance, DeleteOnTermination: deleted } },
    ],
    ...tagSpecifications("image", tags),
  };
  const missing =
    name === ""
      ? text("createImage.nameHelp")
      : !areWhole(measures)
        ? text("volume.notWhole")
        : tags.valid
          ? null
          : text("tags.invalid");
  const refusal = useRefusal(region, "RegisterImage", missing === null ? parameters : undefined, row.state);
  const act = async (): Promise<void> => {
    const { ImageId } = await call(region, "RegisterImage", parameters);
    say({ type: "success", content: text("registerImage.done", { image: ImageId ?? "" }) });
  };
  return (
    <Dialog
      title={text("action.createImageFromSnapshot")}
      go={text("action.createImage")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[asCli("RegisterImage", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <TextField label="createImage.name" value={name} onChange={setName} constraint={text("createImage.nameHelp")} />
      <TextField label="createImage.description" value={description} onChange={setDescription} optional />
      <ChoiceField
        label="image.architecture"
        value={architecture}
        options={ARCHITECTURES.map((value) => ({ value, label: value }))}
        onChange={setArchitecture}
      />
      <TextField label="image.rootName" value={root} onChange={setRoot} constraint={text("registerImage.rootHelp")} />
      <ChoiceField
        label="image.bootMode"
        value={bootMode}
        description={text("registerImage.bootModeHelp")}
        options={[
          { value: "", label: text("registerImage.typesDefault") },
          ...BOOT_MODES.map((value) => ({ value, label: value })),
        ]}
        onChange={setBootMode}
      />
      <MeasureFields value={measures} onChange={setMeasures} least={row.snapshot.VolumeSize ?? 0} />
      <Checkbox checked={deleted} onChange={({ detail }) => setDeleted(detail.checked)}>
        {text("volume.deleteOnTermination")}
      </Checkbox>
      <Alert type="info" header={text("registerImage.will", { snapshot: label(row.id, row.name), root })}>
        {text("registerImage.why")}
        <Consistency region={region} id={row.id} />
      </Alert>
      <TagsField value={tags} onChange={setTags} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
