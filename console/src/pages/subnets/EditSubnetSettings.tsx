/** Edit subnet settings: what instances that are launched into it get. */
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import type { Asked } from "../../api/types";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { step } from "../../resource/steps";
import { useText, type TextKey } from "../../texts/texts";
import { ipv6Of } from "../route-tables/model";
import { rowLabel, type SubnetRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<SubnetRow>;
  close: () => void;
}

type Member = keyof typeof SETTINGS;
type Hostname = "ip-name" | "resource-name";

const SETTINGS = {
  MapPublicIpOnLaunch: "subnet.autoPublic",
  AssignIpv6AddressOnCreation: "subnet.autoIpv6",
  EnableResourceNameDnsARecordOnLaunch: "subnet.resourceNameA",
  EnableResourceNameDnsAAAARecordOnLaunch: "subnet.resourceNameAaaa",
  EnableDns64: "subnet.dns64",
} as const satisfies Partial<Record<keyof Asked<"ModifySubnetAttribute">, TextKey>>;
const MEMBERS = Object.keys(SETTINGS) as Member[];

export function EditSubnetSettings({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [wanted, setWanted] = useState<Partial<Record<Member, boolean>>>({});
  const [hostname, setHostname] = useState<string>();
  const { subnet } = row;
  const options = subnet.PrivateDnsNameOptionsOnLaunch;
  const now: Record<Member, boolean> = {
    MapPublicIpOnLaunch: subnet.MapPublicIpOnLaunch ?? false,
    AssignIpv6AddressOnCreation: subnet.AssignIpv6AddressOnCreation ?? false,
    EnableResourceNameDnsARecordOnLaunch: options?.EnableResourceNameDnsARecord ?? false,
    EnableResourceNameDnsAAAARecordOnLaunch: options?.EnableResourceNameDnsAAAARecord ?? false,
    EnableDns64: subnet.EnableDns64 ?? false,
  };
  const set = (member: Member): boolean => wanted[member] ?? now[member];
  const hasType = options?.HostnameType ?? "ip-name";
  const type = hostname ?? hasType;
  const SubnetId = row.id;
  const noIpv6 = ipv6Of(subnet) === "" ? text("subnetSettings.noIpv6", { subnet: rowLabel(row) }) : null;
  /** Why this cannot be enabled. */
  const barred = (member: Member): string | null => (member === "AssignIpv6AddressOnCreation" && !now[member] ? noIpv6 : null);
  const hindered = MEMBERS.filter(set).map(barred).find((reason) => reason !== null) ?? null;
  const planned: Planned[] = [
    ...MEMBERS.filter((member) => set(member) !== now[member]).map((member) => ({
      step: step("ModifySubnetAttribute", { SubnetId, [member]: { Value: set(member) } }),
      words: text(set(member) ? "vpcSettings.willEnable" : "vpcSettings.willDisable", { what: text(SETTINGS[member]) }),
      forget: () => setWanted((before) => ({ ...before, [member]: undefined })),
    })),
    ...(type === hasType
      ? []
      : [
          {
            step: step("ModifySubnetAttribute", { SubnetId, PrivateDnsHostnameTypeOnLaunch: type as Hostname }),
            words: `${text("subnet.hostnameType")}: ${type}`,
            forget: () => setHostname(undefined),
          },
        ]),
  ];
  return (
    <CallsDialog
      region={region}
      title={text("action.editSubnetSettings")}
      go={text("saveChanges")}
      planned={planned}
      hindered={hindered}
      state={JSON.stringify([now, hasType])}
      done={(count) => text("vpcSettings.done", { vpc: rowLabel(row), count })}
      close={close}
    >
      <FormField label={rowLabel(row)} description={text("subnetSettings.help")}>
        <SpaceBetween size="xs">
          {MEMBERS.map((member) => (
            <Checkbox
              key={member}
              checked={set(member)}
              disabled={barred(member) !== null && !set(member)}
              {...(member !== "MapPublicIpOnLaunch" && { description: barred(member) ?? text("subnetSettings.recorded") })}
              onChange={({ detail }) => setWanted((before) => ({ ...before, [member]: detail.checked }))}
            >
              {text(SETTINGS[member])}
            </Checkbox>
          ))}
        </SpaceBetween>
      </FormField>
      <FormField label={text("subnet.hostnameType")} description={text("subnetSettings.recorded")}>
        <RadioGroup
          value={type}
          items={[
            { value: "ip-name", label: text("subnet.ipName") },
            { value: "resource-name", label: text("subnet.resourceName") },
          ]}
          onChange={({ detail }) => setHostname(detail.value)}
        />
      </FormField>
    </CallsDialog>
  );
}
