/** Application and OS Images: which AMI the instance is made of. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import type { Image } from "../../api/types";
import { State } from "../../resource/State";
import { useMoment, useText, type Text } from "../../texts/texts";
import { FastLaunchState } from "../images/FastLaunchFacts";
import { groupOf } from "./choices";
import { Section, type Editing } from "./Section";

interface Properties extends Editing {
  images: readonly Image[] | undefined;
  image: Image | undefined;
  account: string;
  /** The image that the address names. */
  asked: string;
  choose: (image: Image) => void;
}

export function SoftwareImage({ region, form, images, image, account, asked, choose }: Properties): ReactNode {
  const text = useText();
  const moment = useMoment();
  const missing = [form.imageId, asked].find((id) => id !== "" && images?.every((one) => one.ImageId !== id));
  return (
    <Section title="launch.image" help="launch.imageHelp">
      {images?.length === 0 && (
        <Alert type="warning" header={text("launch.noImages")}>
          {text("launch.noImagesHow")}
        </Alert>
      )}
      <FormField
        label={text("launch.imageLabel")}
        errorText={missing === undefined ? "" : text("nothing.named", { id: missing, region })}
        stretch
      >
        <Select
          selectedOption={image === undefined ? null : optionOf(text, image)}
          options={optionsOf(text, images ?? [], account)}
          filteringType="auto"
          filteringPlaceholder={text("launch.findImage")}
          filteringAriaLabel={text("launch.findImage")}
          statusType={images === undefined ? "loading" : "finished"}
          loadingText={text("loading")}
          placeholder={text("launch.chooseImage")}
          empty={text("launch.noImages")}
          noMatch={text("table.noMatch")}
          triggerVariant="option"
          onChange={({ detail }) => {
            const chosen = images?.find((one) => one.ImageId === detail.selectedOption.value);
            if (chosen !== undefined) choose(chosen);
          }}
        />
      </FormField>
      {image !== undefined && (
        <KeyValuePairs
          columns={3}
          items={[
            { label: text("instance.ami"), value: image.ImageId },
            { label: text("image.architecture"), value: image.Architecture },
            { label: text("image.bootMode"), value: image.BootMode ?? "–" },
            { label: text("launch.state"), value: <State state={image.State ?? ""} /> },
            { label: text("image.rootName"), value: image.RootDeviceName },
            { label: text("image.fastLaunch"), value: <FastLaunchState region={region} imageId={image.ImageId ?? ""} /> },
            { label: text("launch.published"), value: moment(image.CreationDate) },
          ]}
        />
      )}
    </Section>
  );
}

function optionOf(text: Text, image: Image): SelectProps.Option {
  const isAvailable = image.State === "available";
  return {
    value: image.ImageId ?? "",
    label: image.Name ?? image.ImageId ?? "",
    description: image.Description ?? "",
    tags: [image.ImageId, image.Architecture, image.BootMode, image.State].filter((tag) => tag !== undefined),
    filteringTags: (image.Tags ?? []).map((tag) => `${tag.Key} ${tag.Value}`),
    ...(!isAvailable && { disabled: true, disabledReason: text("launch.imageState", { state: image.State ?? "" }) }),
  };
}

function optionsOf(text: Text, images: readonly Image[], account: string): SelectProps.OptionGroup[] {
  const groups = Map.groupBy(images, (image) => groupOf(image, account));
  const labels = { quick: text("launch.quickStart"), own: text("launch.ownImages"), shared: text("launch.sharedImages") };
  return (["quick", "own", "shared"] as const)
    .filter((group) => groups.has(group))
    .map((group) => ({ label: labels[group], options: groups.get(group)!.map((image) => optionOf(text, image)) }));
}
