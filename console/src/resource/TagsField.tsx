/** Tags to be edited, in a dialog or a form. */
import TagEditor from "@cloudscape-design/components/tag-editor";
import type { ReactNode } from "react";
import type { EditedTags } from "./tags";

const MOST_TAGS = 50; // of a resource, on EC2

export function TagsField({ value, onChange }: { value: EditedTags; onChange: (value: EditedTags) => void }): ReactNode {
  return (
    <TagEditor
      tags={value.tags}
      tagLimit={MOST_TAGS}
      onChange={({ detail }) => onChange({ tags: detail.tags, valid: detail.valid })}
    />
  );
}
