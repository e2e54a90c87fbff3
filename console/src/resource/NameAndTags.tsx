/** The name and the tags of something new: the name is its tag `Name`. EC2's forms begin with it, and end with the tags. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText } from "../texts/texts";
import { TextField } from "./fields";
import type { EditedTags } from "./tags";
import { TagsField } from "./TagsField";

const NAME = "Name";

interface Properties {
  value: EditedTags;
  onChange: (value: EditedTags) => void;
}

export function NameAndTags(given: Properties): ReactNode {
  return (
    <SpaceBetween size="l">
      <NameField {...given} />
      <TagsField {...given} />
    </SpaceBetween>
  );
}

export function NameField({ value, onChange }: Properties): ReactNode {
  const text = useText();
  return (
    <TextField
      label="instance.name"
      value={value.tags.find(({ key }) => key === NAME)?.value ?? ""}
      optional
      description={text("nameTag.help")}
      onChange={(typed) => onChange(named(value, typed))}
    />
  );
}

/** The same tags with this name; without the tag `Name` where it is empty. */
export function named({ tags, valid }: EditedTags, name: string): EditedTags {
  const others = tags.filter(({ key }) => key !== NAME);
  return { tags: name === "" ? others : [{ key: NAME, value: name, existing: false }, ...others], valid };
}
