/** Modify instance metadata options: what programs on the guest would notice at once. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useState } from "react";
import type { Asked, Instance } from "../../../api/types";
import type { ActionDialog } from "../../../resource/resource";
import { useText, type TextKey } from "../../../texts/texts";
import type { Row } from "../model";
import { SettingDialog } from "./SettingDialog";

const MOST_HOPS = 64;

interface Options {
  endpoint: string;
  tokens: string;
  hops: string;
  tags: string;
}

export const MetadataOptions: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  const [before] = useState(optionsOf(row.instance)); // as they were when this was opened
  const [wanted, setWanted] = useState(before);
  const set = (changed: Partial<Options>): void => setWanted({ ...wanted, ...changed });
  const on = (is: boolean): string => (is ? "enabled" : "disabled");
  const hops = Number(wanted.hops);
  const areHops = Number.isInteger(hops) && hops >= 1 && hops <= MOST_HOPS;
  return (
    <SettingDialog
      region={region}
      row={row}
      title="action.metadataOptions"
      action="ModifyInstanceMetadataOptions"
      parameters={changesOf(row.id, before, wanted)}
      hindered={areHops ? null : text("metadata.hopsWrong", { most: MOST_HOPS })}
      close={close}
    >
      <Checkbox
        checked={wanted.endpoint === "enabled"}
        description={text("metadata.endpointHelp")}
        onChange={({ detail }) => set({ endpoint: on(detail.checked) })}
      >
        {text("metadata.endpoint")}
      </Checkbox>
      <FormField label="IMDSv2">
        <RadioGroup
          value={wanted.tokens}
          onChange={({ detail }) => set({ tokens: detail.value })}
          items={[
            { value: "optional", label: text("metadata.optional"), description: text("metadata.optionalHelp") },
            { value: "required", label: text("metadata.required"), description: text("metadata.requiredHelp") },
          ]}
        />
      </FormField>
      <FormField
        label={text("metadata.hops")}
        description={text("metadata.hopsHelp")}
        errorText={areHops ? "" : text("metadata.hopsWrong", { most: MOST_HOPS })}
      >
        <Input value={wanted.hops} type="number" inputMode="numeric" onChange={({ detail }) => set({ hops: detail.value })} />
      </FormField>
      <Checkbox
        checked={wanted.tags === "enabled"}
        description={text("metadata.tagsHelp")}
        onChange={({ detail }) => set({ tags: on(detail.checked) })}
      >
        {text("metadata.tags")}
      </Checkbox>
      {noticedOf(before, wanted).map(({ key, isLoss }) => (
        <Alert key={key} type={isLoss ? "warning" : "info"}>
          {text(key)}
        </Alert>
      ))}
    </SettingDialog>
  );
};

export function optionsOf({ MetadataOptions: is = {} }: Instance): Options {
  return {
    endpoint: is.HttpEndpoint ?? "enabled",
    tokens: is.HttpTokens ?? "optional",
    hops: String(is.HttpPutResponseHopLimit ?? 1),
    tags: is.InstanceMetadataTags ?? "disabled",
  };
}

/** The call that leads from what the options are to what they are to be: of what is changed alone. */
export function changesOf(id: string, before: Options, wanted: Options): Asked<"ModifyInstanceMetadataOptions"> | undefined {
  const changes = {
    ...(wanted.endpoint !== before.endpoint && { HttpEndpoint: wanted.endpoint }),
    ...(wanted.tokens !== before.tokens && { HttpTokens: wanted.tokens }),
    ...(wanted.hops !== before.hops && { HttpPutResponseHopLimit: Number(wanted.hops) }),
    ...(wanted.tags !== before.tags && { InstanceMetadataTags: wanted.tags }),
  };
  if (Object.keys(changes).length === 0) return undefined;
  return { InstanceId: id, ...changes } as Asked<"ModifyInstanceMetadataOptions">;
}

/** What programs that run on the guest notice of these changes. */
export function noticedOf(before: Options, wanted: Options): { key: TextKey; isLoss: boolean }[] {
  const became = (name: keyof Options, value: string): boolean => before[name] !== value && wanted[name] === value;
  if (became("endpoint", "disabled")) return [{ key: "metadata.nowOff", isLoss: true }];
  return [
    ...(became("endpoint", "enabled") ? [{ key: "metadata.nowOn" as const, isLoss: false }] : []),
    ...(became("tokens", "required") ? [{ key: "metadata.nowRequired" as const, isLoss: true }] : []),
    ...(became("tokens", "optional") ? [{ key: "metadata.nowOptional" as const, isLoss: false }] : []),
    ...(became("tags", "enabled") ? [{ key: "metadata.nowTags" as const, isLoss: false }] : []),
    ...(became("tags", "disabled") ? [{ key: "metadata.nowNoTags" as const, isLoss: true }] : []),
  ];
}
