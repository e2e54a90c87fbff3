/** Edit VPC settings: DHCP options, DNS, and whether the use of addresses is counted. */
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import { ChoiceField } from "../../resource/fields";
import { label, type Chosen } from "../../resource/resource";
import { step } from "../../resource/steps";
import { useText } from "../../texts/texts";
import { optionsOf, optionsText } from "../dhcp-options/model";
import { dnsSettingsOf, rowLabel, type VpcRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<VpcRow>;
  close: () => void;
}

/** What AssociateDhcpOptions calls no DHCP options. */
const NO_OPTIONS = "default";
const SETTINGS = ["resolution", "hostnames", "metrics"] as const;
const MEMBERS = {
  resolution: "EnableDnsSupport",
  hostnames: "EnableDnsHostnames",
  metrics: "EnableNetworkAddressUsageMetrics",
} as const;

export function EditVpcSettings({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const { value: all } = useListing(useMemo(() => optionsOf(region), [region]));
  const { value: now } = useListing(useMemo(() => dnsSettingsOf(region, row.id), [region, row.id]));
  const [chosen, choose] = useState<string>();
  const [wanted, setWanted] = useState<Partial<Record<(typeof SETTINGS)[number], boolean>>>({});
  const has = row.vpc.DhcpOptionsId ?? NO_OPTIONS;
  const options = chosen ?? has;
  const set = (setting: (typeof SETTINGS)[number]): boolean => wanted[setting] ?? now?.[setting] ?? false;
  const changed = SETTINGS.filter((setting) => now !== undefined && set(setting) !== now[setting]);
  const planned: Planned[] = [
    ...(options === has
      ? []
      : [
          {
            step: step("AssociateDhcpOptions", { VpcId: row.id, DhcpOptionsId: options }),
            words: text("vpcSettings.willOptions", { options: options === NO_OPTIONS ? text("vpcSettings.noOptions") : options }),
            forget: () => choose(undefined),
          },
        ]),
    ...changed.map((setting) => ({
      step: step("ModifyVpcAttribute", { VpcId: row.id, [MEMBERS[setting]]: { Value: set(setting) } }),
      words: text(set(setting) ? "vpcSettings.willEnable" : "vpcSettings.willDisable", { what: text(`vpc.${setting}`) }),
      forget: () => setWanted((before) => ({ ...before, [setting]: undefined })),
    })),
  ];
  const noNames = set("hostnames") && !set("resolution");
  return (
    <CallsDialog
      region={region}
      title={text("action.editVpcSettings")}
      go={text("saveChanges")}
      planned={planned}
      hindered={now === undefined || all === undefined ? text("loading") : noNames && !now.hostnames ? text("vpcSettings.noNames") : null}
      state={JSON.stringify([has, now])}
      done={(count) => text("vpcSettings.done", { vpc: rowLabel(row), count })}
      close={close}
    >
      <ChoiceField
        label="vpc.options"
        value={options}
        onChange={choose}
        description={text("vpcSettings.optionsHelp")}
        options={[
          ...(all ?? []).map((one) => ({ value: one.id, label: label(one.id, one.name), description: optionsText(one.options) })),
          { value: NO_OPTIONS, label: text("vpcSettings.noOptions") },
        ]}
      />
      <FormField label={text("vpcSettings.dns")} warningText={noNames && text("vpcSettings.noNames")}>
        <SpaceBetween size="xs">
          {SETTINGS.map((setting) => (
            <Checkbox
              key={setting}
              checked={set(setting)}
              disabled={now === undefined}
              description={text(`vpcSettings.${setting}Help`)}
              onChange={({ detail }) => setWanted((before) => ({ ...before, [setting]: detail.checked }))}
            >
              {text(`vpc.${setting}`)}
            </Checkbox>
          ))}
        </SpaceBetween>
      </FormField>
    </CallsDialog>
  );
}
