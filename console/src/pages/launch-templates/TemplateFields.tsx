/** What a version of a launch template says, to be edited: whatever is left out is decided by each launch. */
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ChoiceField } from "../../resource/fields";
import { label } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { keyPairsOf } from "../key-pairs/model";
import { instanceTypesOf, launchableImages, networksOf } from "../launch/choices";
import { sizeOf } from "../launch/InstanceTypeChoice";
import { UserDataField } from "../launch/UserDataField";
import type { TemplateForm } from "./templateForm";

interface Properties {
  region: string;
  form: TemplateForm;
  onChange: (form: TemplateForm) => void;
}

interface Option {
  value: string;
  label: string;
  description?: string;
}

/** These, that nothing is chosen, and what the template names although it is not there (any more). */
function optionsOf(none: string, found: readonly Option[], named: string): Option[] {
  const missing = named !== "" && found.every(({ value }) => value !== named);
  return [{ value: "", label: none }, ...(missing ? [{ value: named, label: named }] : []), ...found];
}

export function TemplateFields({ region, form, onChange }: Properties): ReactNode {
  const text = useText();
  const { value: images = [] } = useListing(useMemo(() => launchableImages(region), [region]));
  const { value: types = [] } = useListing(useMemo(() => instanceTypesOf(region), [region]));
  const { value: pairs = [] } = useListing(useMemo(() => keyPairsOf(region), [region]));
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const change = (part: Partial<TemplateForm>): void => onChange({ ...form, ...part });
  const none = text("template.notIncluded");
  const ofImage = images.map(({ ImageId = "", Name = "" }) => ({ value: ImageId, label: label(ImageId, Name) }));
  const ofType = types.map((type) => ({ value: type.InstanceType ?? "", label: type.InstanceType ?? "", description: sizeOf(text, type) }));
  const ofPair = pairs.map(({ KeyName = "" }) => ({ value: KeyName, label: KeyName }));
  const known = (networks?.groups ?? []).map(({ GroupId = "", GroupName = "", VpcId = "" }) => ({
    value: GroupId,
    label: label(GroupId, GroupName),
    description: VpcId,
  }));
  const groups = form.groups.map((id): Option => known.find(({ value }) => value === id) ?? { value: id, label: id });
  return (
    <SpaceBetween size="l">
      <ChoiceField
        label="launch.imageLabel"
        value={form.imageId}
        onChange={(imageId) => change({ imageId })}
        options={optionsOf(none, ofImage, form.imageId)}
        filtered
      />
      <ChoiceField
        label="instance.type"
        value={form.type}
        onChange={(type) => change({ type })}
        options={optionsOf(none, ofType, form.type)}
        filtered
      />
      <ChoiceField label="keyPair.name" value={form.key} onChange={(key) => change({ key })} options={optionsOf(none, ofPair, form.key)} filtered />
      <FormField label={text("securityGroups")} description={text("template.groupsHelp")} stretch>
        <Multiselect
          selectedOptions={groups}
          options={known}
          filteringType="auto"
          filteringAriaLabel={text("securityGroups")}
          placeholder={none}
          noMatch={text("table.noMatch")}
          onChange={({ detail }) => change({ groups: detail.selectedOptions.map(({ value = "" }) => value) })}
          expandToViewport
        />
      </FormField>
      <UserDataField value={form.userData} onChange={(userData) => change({ userData })} />
      <FormField label={text("template.more")} description={text("template.moreHelp")} stretch>
        <Textarea
          value={form.more}
          rows={8}
          spellcheck={false}
          placeholder='{ "InstanceInitiatedShutdownBehavior": "terminate" }'
          onChange={({ detail }) => change({ more: detail.value })}
        />
      </FormField>
    </SpaceBetween>
  );
}
