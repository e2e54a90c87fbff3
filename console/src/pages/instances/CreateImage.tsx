/** Create image, with the answer: whether it reboots the instance, what stop protection has to do with it. */
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { NO_TAGS } from "../../resource/tags";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { at } from "../../shell/place";
import { useText } from "../../texts/texts";
import { isImageName } from "../images/imageName";
import { CreateImageAnswer } from "./CreateImageAnswer";
import { areWhole, mappingsOf, ownDevices, volumesOfInstance, type AddedDevice, type DeviceChange } from "./imageDevices";
import { ImageTags, imageTagSpecifications, type ImageTagsValue } from "./ImageTags";
import { ImageVolumes } from "./ImageVolumes";
import { protectionsOf, type Row } from "./model";

interface Properties {
  region: string;
  items: Chosen<Row>;
  close: () => void;
}

export function CreateImage({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [reboot, setReboot] = useState(true);
  const [changes, setChanges] = useState<Record<string, DeviceChange>>({});
  const [added, setAdded] = useState<AddedDevice[]>([]);
  const [tags, setTags] = useState<ImageTagsValue>({ image: NO_TAGS, snapshots: undefined });
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const { value: volumes } = useListing(useMemo(() => volumesOfInstance(region, row.id), [region, row.id]));
  const own = ownDevices(row.instance, volumes ?? []);
  const parameters = {
    InstanceId: row.id,
    Name: name,
    ...(description !== "" && { Description: description }),
    NoReboot: !reboot,
    ...mappingsOf(own, changes, added),
    ...imageTagSpecifications(tags),
  };
  const isNamed = isImageName(name);
  const areValid = tags.image.valid && (tags.snapshots?.valid ?? true);
  const isWhole = isNamed && areValid && areWhole(added);
  const refusal = useRefusal(region, "CreateImage", isWhole ? parameters : undefined);
  const hindered = (): string | null => {
    if (!isNamed) return text("createImage.nameHelp");
    if (!areValid) return text("tags.invalid");
    return isWhole ? hinderedBy(text, refusal) : text("createImage.volumeWrong");
  };
  const act = async (): Promise<void> => {
    const { ImageId = "" } = await call(region, "CreateImage", parameters);
    const content = (
      <>
        {text("createImage.done", { image: ImageId })}{" "}
        <Link href={at(region, "images", ImageId, "cut")} color="inverted">
          {text("tab.cut")}
        </Link>
      </>
    );
    say({ type: "success", content });
  };
  return (
    <Dialog
      title={text("action.createImage")}
      go={text("action.createImage")}
      hindered={hindered()}
      commands={[asCli("CreateImage", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <KeyValuePairs
        columns={2}
        items={[
          { label: text("instance.id"), value: label(row.id, row.name) },
          {
            label: text("protection.stop"),
            value: protections === undefined ? text("loading") : text(protections.stop ? "enabled" : "disabled"),
          },
        ]}
      />
      <FormField
        label={text("createImage.name")}
        constraintText={text("createImage.nameHelp")}
        errorText={name !== "" && !isNamed ? text("createImage.nameWrong") : ""}
        stretch
      >
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField
        label={
          <span>
            {text("createImage.description")} <i>- {text("createImage.optional")}</i>
          </span>
        }
        stretch
      >
        <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
      <Checkbox
        checked={reboot}
        description={text("createImage.rebootHelp")}
        onChange={({ detail }) => setReboot(detail.checked)}
      >
        {text("action.reboot")}
      </Checkbox>
      {protections && <CreateImageAnswer region={region} row={row} reboot={reboot} isProtected={protections.stop} />}
      <ImageVolumes own={own} changes={changes} onChange={setChanges} added={added} onAdd={setAdded} />
      <ImageTags value={tags} onChange={setTags} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
