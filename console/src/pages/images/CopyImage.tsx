/** Copy AMI: an image of the same contents, in this region or another. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { TextField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { at } from "../../shell/place";
import { regionsOf } from "../../shell/regions";
import { useText } from "../../texts/texts";
import { EncryptionFields, encryptionAsked, NOT_ENCRYPTED } from "../volumes/EncryptionFields";
import { isImageName } from "./imageName";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function CopyImage({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: regions } = useListing(useMemo(() => regionsOf(region), [region]));
  const [name, setName] = useState(image.Name ?? "");
  const [description, setDescription] = useState(image.Description ?? "");
  const [destination, setDestination] = useState(region);
  const [withTags, setWithTags] = useState(false);
  const [encryption, setEncryption] = useState(NOT_ENCRYPTED);
  const parameters = {
    SourceRegion: region,
    SourceImageId: image.ImageId ?? "",
    Name: name,
    ...(description !== "" && { Description: description }),
    ...(withTags && { CopyImageTags: true }),
    ...encryptionAsked(encryption),
  };
  const devices = (image.BlockDeviceMappings ?? []).filter(({ Ebs }) => Ebs?.SnapshotId !== undefined);
  const isSealed = devices.length > 0 && devices.every(({ Ebs }) => Ebs?.Encrypted);
  const isNamed = isImageName(name);
  const refusal = useRefusal(destination, "CopyImage", isNamed ? parameters : undefined);
  const act = async (): Promise<void> => {
    const { ImageId = "" } = await call(destination, "CopyImage", parameters);
    const content = (
      <>
        {text("copyImage.done", { region: destination })} <Link href={at(destination, "images", ImageId)} color="inverted">{ImageId}</Link>
      </>
    );
    say({ type: "success", content });
  };
  const options = (regions ?? [{ RegionName: region }]).map((one) => ({ value: one.RegionName ?? "" }));
  return (
    <Dialog
      title={text("action.copyImage")}
      go={text("action.copyImage")}
      hindered={!isNamed ? text("createImage.nameHelp") : hinderedBy(text, refusal)}
      commands={[asCli("CopyImage", parameters, destination)]}
      act={act}
      close={close}
      size="large"
    >
      <FormField
        label={text("image.name")}
        description={label(image.ImageId ?? "", image.Name ?? "")}
        constraintText={text("createImage.nameHelp")}
        errorText={isNamed ? "" : text("createImage.nameWrong")}
        stretch
      >
        <Input value={name} onChange={({ detail }) => setName(detail.value)} ariaLabel={text("image.name")} />
      </FormField>
      <TextField label="image.description" value={description} onChange={setDescription} optional />
      <FormField label={text("copyImage.destination")}>
        <Select
          options={options}
          selectedOption={{ value: destination }}
          onChange={({ detail }) => setDestination(detail.selectedOption.value ?? region)}
        />
      </FormField>
      <Checkbox
        checked={withTags}
        description={text("copyImage.tagsHelp")}
        onChange={({ detail }) => setWithTags(detail.checked)}
      >
        {text("copyImage.tags")}
      </Checkbox>
      <EncryptionFields value={encryption} onChange={setEncryption} label="encryption.snapshots" always={isSealed} />
      <WouldBeRefused refusal={refusal} />
      <Alert type="info">{text("copyImage.will")}</Alert>
    </Dialog>
  );
}
