/** Create a network interface in a subnet, at a private address of one's own or any that is free. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField, TextField } from "../../resource/fields";
import { label, nameTag } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";
import { networksOf } from "../launch/choices";
import { GroupsField, groupsProblem } from "../security-groups/GroupsField";

export function CreateInterface({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const [description, setDescription] = useState("");
  const [subnetId, setSubnet] = useState("");
  const [isCustom, setCustom] = useState(false);
  const [address, setAddress] = useState("");
  const [groups, setGroups] = useState<readonly string[]>([]);
  const [tags, setTags] = useState(NO_TAGS);
  const subnet = networks?.subnets.find(({ SubnetId }) => SubnetId === subnetId);
  const usual = networks?.groups.find(({ VpcId, GroupName }) => VpcId === subnet?.VpcId && GroupName === "default");
  const problem = groups.length === 0 ? null : groupsProblem(text, groups); // without any it gets the default one
  const missing =
    subnet === undefined
      ? text("createInterface.chooseSubnet")
      : isCustom && address === ""
        ? text("createInterface.chooseAddress")
        : (problem ?? (tags.valid ? null : text("tags.invalid")));
  return (
    <CallDialog
      region={region}
      title={text("action.createInterface")}
      go={text("action.createInterface")}
      action="CreateNetworkInterface"
      parameters={{
        SubnetId: subnetId,
        ...(description !== "" && { Description: description }),
        ...(isCustom && { PrivateIpAddress: address }),
        ...(groups.length > 0 && { Groups: [...groups] }),
        ...tagSpecifications("network-interface", tags),
      }}
      hindered={missing}
      state={String(subnet?.AvailableIpAddressCount)}
      done={({ NetworkInterface }) =>
        text("createInterface.done", { id: NetworkInterface?.NetworkInterfaceId ?? "", address: NetworkInterface?.PrivateIpAddress ?? "" })
      }
      close={close}
    >
      <TextField label="eni.description" value={description} onChange={setDescription} optional />
      <ChoiceField
        label="launch.subnet"
        value={subnetId}
        description={text("createInterface.subnetHelp")}
        empty={text(networks === undefined ? "loading" : "createInterface.chooseSubnet")}
        options={(networks?.subnets ?? []).map((one) => ({
          value: one.SubnetId ?? "",
          label: label(one.SubnetId ?? "", nameTag(one.Tags)),
          description: [one.VpcId, one.AvailabilityZone, one.CidrBlock, text("launch.subnetFree", { count: one.AvailableIpAddressCount ?? 0 })].join(", "),
        }))}
        onChange={(id) => {
          setSubnet(id);
          setGroups([]);
        }}
        filtered
      />
      <FormField label={text("createInterface.address")}>
        <RadioGroup
          value={isCustom ? "custom" : "auto"}
          items={[
            { value: "auto", label: text("createInterface.auto"), description: text("createInterface.autoHelp") },
            { value: "custom", label: text("rule.custom"), description: text("createInterface.customHelp", { block: subnet?.CidrBlock ?? "–" }) },
          ]}
          onChange={({ detail }) => setCustom(detail.value === "custom")}
        />
      </FormField>
      {isCustom && (
        <FormField label={text("eip.privateIp")}>
          <Input value={address} placeholder="172.31.0.100" onChange={({ detail }) => setAddress(detail.value.trim())} />
        </FormField>
      )}
      <GroupsField region={region} vpc={subnet?.VpcId} value={groups} onChange={setGroups} problem={problem} />
      {groups.length === 0 && usual && (
        <Alert type="info">{text("createInterface.defaultGroup", { group: label(usual.GroupId ?? "", "default") })}</Alert>
      )}
      <TagsField value={tags} onChange={setTags} />
    </CallDialog>
  );
}
