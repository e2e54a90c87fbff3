/** Delete template version: those that are chosen, each with what came of it. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import { useMemo, useState, type ReactNode } from "react";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import type { LaunchTemplate } from "../../api/types";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { checkDeleted, idOf, numberOf, stateOf, templateLabel, versionsOf, versionWords } from "./model";

interface Properties {
  region: string;
  items: Chosen<LaunchTemplate>;
  close: () => void;
}

export function DeleteVersions({ region, items: [template], close }: Properties): ReactNode {
  const text = useText();
  const id = idOf(template);
  const { value: versions = [] } = useListing(useMemo(() => versionsOf(region, id), [region, id]));
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const options = versions.map((version) => {
    const number = numberOf(version);
    const isDefault = number === template.DefaultVersionNumber;
    return {
      value: String(number),
      label: versionWords(text, number, template),
      description: version.VersionDescription ?? "",
      ...(isDefault && { disabled: true, disabledReason: text("template.defaultKept") }),
    };
  });
  const there = options.filter(({ value, disabled }) => chosen.includes(value) && disabled !== true);
  const versionLabel = (value: string): string => text("template.versionOf", { version: value, template: templateLabel(template) });
  return (
    <ForEach
      region={region}
      items={there}
      idOf={({ value }) => value}
      labelOf={({ value }) => versionLabel(value)}
      title={`${text("action.deleteTemplateVersion")}: ${templateLabel(template)}`}
      what={text("action.deleteTemplateVersion")}
      action="DeleteLaunchTemplateVersions"
      parameters={({ value }) => ({ LaunchTemplateId: id, Versions: [value] })}
      check={checkDeleted}
      prospect={() => ({ type: "warning", text: text("template.versionLost") })}
      commands={
        there.length === 0
          ? []
          : [asCli("DeleteLaunchTemplateVersions", { LaunchTemplateId: id, Versions: there.map(({ value }) => value) }, region)]
      }
      stateOf={() => stateOf(template)}
      hindered={there.length === 0 ? text("template.chooseVersions") : null}
      close={close}
    >
      <FormField label={text("template.versions")} stretch>
        <Multiselect
          selectedOptions={there}
          options={options}
          filteringType="auto"
          filteringAriaLabel={text("template.versions")}
          placeholder={text("template.chooseVersions")}
          noMatch={text("table.noMatch")}
          onChange={({ detail }) => setChosen(detail.selectedOptions.map(({ value = "" }) => value))}
          expandToViewport
        />
      </FormField>
      <Alert type="info">{text("template.instancesStay")}</Alert>
    </ForEach>
  );
}
