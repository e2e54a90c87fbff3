/** A version of a launch template, to be chosen. */
import type { ReactNode } from "react";
import type { LaunchTemplate, LaunchTemplateVersion } from "../../api/types";
import { ChoiceField } from "../../resource/fields";
import { useText, type TextKey } from "../../texts/texts";
import { numberOf, versionWords } from "./model";

interface Properties {
  label?: TextKey;
  template: LaunchTemplate;
  versions: readonly LaunchTemplateVersion[];
  value: string;
  onChange: (value: string) => void;
  /** `$Default` and `$Latest` too, which follow the template. */
  following?: boolean;
}

export function VersionField({ label = "template.version", template, versions, value, onChange, following = false }: Properties): ReactNode {
  const text = useText();
  const numbered = versions.map((version) => ({
    value: String(numberOf(version)),
    label: versionWords(text, numberOf(version), template),
    description: version.VersionDescription ?? "",
  }));
  const roles = [
    { value: "$Default", label: text("template.followDefault", { version: template.DefaultVersionNumber ?? "" }) },
    { value: "$Latest", label: text("template.followLatest", { version: template.LatestVersionNumber ?? "" }) },
  ];
  return <ChoiceField label={label} value={value} onChange={onChange} options={following ? [...roles, ...numbered] : numbered} filtered={versions.length > 10} />;
}
