/** Tags of a new image and of its snapshots: the same for both, or each its own. */
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { Asked } from "../../api/types";
import { tagSpecifications, type EditedTags } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { useText } from "../../texts/texts";

/** `snapshots` is undefined where they get the image's. */
export interface ImageTagsValue {
  image: EditedTags;
  snapshots: EditedTags | undefined;
}

/** What CreateImage takes for these. */
export function imageTagSpecifications({ image, snapshots }: ImageTagsValue): Pick<Asked<"CreateImage">, "TagSpecifications"> {
  const all = [
    ...(tagSpecifications("image", image).TagSpecifications ?? []),
    ...(tagSpecifications("snapshot", snapshots ?? image).TagSpecifications ?? []),
  ];
  return all.length === 0 ? {} : { TagSpecifications: all };
}

interface Properties {
  value: ImageTagsValue;
  onChange: (value: ImageTagsValue) => void;
}

export function ImageTags({ value, onChange }: Properties): ReactNode {
  const text = useText();
  const { image, snapshots } = value;
  return (
    <SpaceBetween size="m">
      <FormField label={text("tab.tags")}>
        <RadioGroup
          value={snapshots === undefined ? "together" : "apart"}
          onChange={({ detail }) => onChange({ image, snapshots: detail.value === "apart" ? image : undefined })}
          ariaLabel={text("tab.tags")}
          items={[
            { value: "together", label: text("createImage.tagsTogether"), description: text("createImage.tagsTogetherHelp") },
            { value: "apart", label: text("createImage.tagsApart"), description: text("createImage.tagsApartHelp") },
          ]}
        />
      </FormField>
      <FormField label={text(snapshots === undefined ? "createImage.tagsOfBoth" : "createImage.tagsOfImage")} stretch>
        <TagsField value={image} onChange={(tags) => onChange({ image: tags, snapshots })} />
      </FormField>
      {snapshots && (
        <FormField label={text("createImage.tagsOfSnapshots")} stretch>
          <TagsField value={snapshots} onChange={(tags) => onChange({ image, snapshots: tags })} />
        </FormField>
      )}
    </SpaceBetween>
  );
}
