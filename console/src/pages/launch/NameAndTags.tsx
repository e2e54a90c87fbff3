/** Name and tags. */
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { TagsField } from "../../resource/TagsField";
import { useText } from "../../texts/texts";
import { TAGGED, type Tagged } from "./launchModel";
import { Section, type Editing } from "./Section";

const NAMES = {
  instance: "launch.tagged.instance",
  volume: "launch.tagged.volume",
  "network-interface": "launch.tagged.interface",
} as const;

export function NameAndTags({ form, change }: Editing): ReactNode {
  const text = useText();
  const option = (type: Tagged) => ({ value: type, label: text(NAMES[type]) });
  return (
    <Section title="launch.nameAndTags">
      <FormField label={text("instance.name")} stretch>
        <Input value={form.name} placeholder={text("launch.nameExample")} onChange={({ detail }) => change({ name: detail.value })} />
      </FormField>
      <ExpandableSection headerText={text("launch.moreTags")}>
        <SpaceBetween size="m">
          <FormField label={text("launch.taggedLabel")} description={text("launch.taggedHelp")}>
            <Multiselect
              placeholder={text("launch.taggedChoose")}
              selectedOptions={form.tagged.map(option)}
              options={TAGGED.map(option)}
              onChange={({ detail }) => change({ tagged: detail.selectedOptions.map(({ value }) => value as Tagged) })}
            />
          </FormField>
          <TagsField value={form.tags} onChange={(tags) => change({ tags })} />
        </SpaceBetween>
      </ExpandableSection>
    </Section>
  );
}
