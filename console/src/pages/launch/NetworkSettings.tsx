/** Network settings: VPC, subnet with its zone, public address, firewall. */
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import type { SecurityGroup, Subnet } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import { useText, type Text } from "../../texts/texts";
import { firstSubnet, needsSubnet, type Networks } from "./choices";
import type { Form } from "./launchModel";
import { NewSecurityGroup } from "./NewSecurityGroup";
import { Section, type Editing } from "./Section";

const PUBLIC = { subnet: "launch.publicSubnet", enable: "launch.enable", disable: "launch.disable" } as const;

export function NetworkSettings({ region, form, change, networks }: Editing & { networks: Networks | undefined }): ReactNode {
  const text = useText();
  const vpcs = (networks?.vpcs ?? []).map(({ VpcId = "", CidrBlock = "", IsDefault, Tags }) => ({
    value: VpcId,
    label: label(VpcId, nameTag(Tags)),
    description: CidrBlock,
    tags: IsDefault ? [text("launch.default")] : [],
  }));
  const subnets = (networks?.subnets ?? []).filter((subnet) => subnet.VpcId === form.vpcId);
  const groups = (networks?.groups ?? []).filter((group) => group.VpcId === form.vpcId);
  const anySubnet: SelectProps.Option = { value: "", label: text("launch.subnetAny"), description: text("launch.subnetAnyHelp") };
  const mayBeAny = networks !== undefined && !needsSubnet(networks, form.vpcId);
  const subnetOptions = [...(mayBeAny ? [anySubnet] : []), ...subnets.map((subnet) => subnetOption(text, subnet))];
  const move = (vpcId: string): void =>
    change({ vpcId, subnetId: networks === undefined ? "" : firstSubnet(networks, vpcId), groupIds: [] });
  const publicOption = (value: Form["publicIp"]) => ({ value, label: text(PUBLIC[value]) });
  return (
    <Section title="launch.network">
      <FormField label={text("launch.vpc")} stretch>
        <Select
          selectedOption={vpcs.find(({ value }) => value === form.vpcId) ?? null}
          options={vpcs}
          statusType={networks === undefined ? "loading" : "finished"}
          loadingText={text("loading")}
          onChange={({ detail }) => move(detail.selectedOption.value ?? "")}
        />
      </FormField>
      <FormField label={text("launch.subnet")} stretch>
        <Select
          selectedOption={subnetOptions.find(({ value }) => value === form.subnetId) ?? null}
          options={subnetOptions}
          filteringType="auto"
          filteringAriaLabel={text("launch.subnet")}
          noMatch={text("table.noMatch")}
          empty={text("launch.subnetNone")}
          onChange={({ detail }) => change({ subnetId: detail.selectedOption.value ?? "" })}
        />
      </FormField>
      <FormField label={text("launch.publicIp")} description={text("launch.publicIpHelp")} stretch>
        <Select
          selectedOption={publicOption(form.publicIp)}
          options={(["subnet", "enable", "disable"] as const).map(publicOption)}
          onChange={({ detail }) => change({ publicIp: detail.selectedOption.value as Form["publicIp"] })}
        />
      </FormField>
      <FormField label={text("launch.firewall")} description={text("launch.firewallHelp")}>
        <RadioGroup
          value={form.firewall}
          items={[
            { value: "new", label: text("action.createGroup") },
            { value: "existing", label: text("launch.groupExisting") },
          ]}
          onChange={({ detail }) => change({ firewall: detail.value as Form["firewall"] })}
        />
      </FormField>
      {form.firewall === "new" ? (
        <NewSecurityGroup region={region} form={form} change={change} />
      ) : (
        <FormField label={text("securityGroups")} stretch>
          <Multiselect
            selectedOptions={form.groupIds.map((id) => groupOption(groups.find((group) => group.GroupId === id) ?? { GroupId: id }))}
            options={groups.map(groupOption)}
            filteringType="auto"
            filteringAriaLabel={text("securityGroups")}
            placeholder={text("changeGroups.choose")}
            noMatch={text("table.noMatch")}
            onChange={({ detail }) => change({ groupIds: detail.selectedOptions.map(({ value = "" }) => value) })}
          />
        </FormField>
      )}
    </Section>
  );
}

function subnetOption(text: Text, { SubnetId = "", Tags, AvailabilityZone = "", CidrBlock = "", ...more }: Subnet): SelectProps.Option {
  const free = text("launch.subnetFree", { count: more.AvailableIpAddressCount ?? 0 });
  return { value: SubnetId, label: label(SubnetId, nameTag(Tags)), description: `${AvailabilityZone}, ${CidrBlock}, ${free}` };
}

function groupOption({ GroupId = "", GroupName = "", Description = "" }: Partial<SecurityGroup>): SelectProps.Option {
  return { value: GroupId, label: label(GroupId, GroupName), description: Description };
}
