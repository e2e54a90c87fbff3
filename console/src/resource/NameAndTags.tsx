/** The name and the tags of something new: the name is its tag `Name`. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText } from "../texts/texts";
import { TextField } from "./fields";
import type { EditedTags } from "./tags";
import { TagsField } from "./TagsField";

const NAME = "Name";

export function NameAndTags({ value, onChange }: { value: EditedTags; onChange: (value: EditedTags) => void }): ReactNode {
  const text = useText();
  const name = value.tags.find(({ key }) => key === NAME)?.value ?? "";
  return (
    <SpaceBetween size="l">
      <TextField
        label="instance.name"
        value={name}
        optional
        description={text("nameTag.help")}
        onChange={(typed) => onChange(named(value, typed))}
      />
      <TagsField value={value} onChange={onChange} />
    </SpaceBetween>
  );
}

/** The same tags with this name; without the tag `Name` where it is empty. */
export function named({ tags, valid }: EditedTags, name: string): EditedTags {
  const others = tags.filter(({ key }) => key !== NAME);
  return { tags: name === "" ? others : [{ key: NAME, value: name, existing: false }, ...others], valid };
}
