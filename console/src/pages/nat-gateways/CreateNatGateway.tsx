/** Create a NAT gateway, public or private; a public one gets an Elastic IP address that there is, or a new one. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { useListing } from "../../api/listing";
import { TextField } from "../../resource/fields";
import { NameField } from "../../resource/NameAndTags";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { addressesOf } from "../elastic-ips/model";
import { networksOf } from "../launch/choices";
import { ALLOCATION, NEW, natGatewayCommands } from "./commands";
import { AddressField, SubnetField } from "./NatGatewayFields";
import { WhatWillHappen } from "./WhatWillHappen";

export function CreateNatGateway({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const { value: addresses } = useListing(useMemo(() => addressesOf(region), [region]));
  const [subnetId, setSubnet] = useState("");
  const [isPublic, setPublic] = useState(true);
  const [allocation, setAllocation] = useState("");
  const [allocated, setAllocated] = useState("");
  const [privateIp, setPrivateIp] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  const subnet = networks?.subnets.find(({ SubnetId }) => SubnetId === subnetId);
  const parametersWith = (AllocationId: string) => ({
    SubnetId: subnetId,
    ConnectivityType: isPublic ? ("public" as const) : ("private" as const),
    ...(isPublic && { AllocationId }),
    ...(privateIp !== "" && { PrivateIpAddress: privateIp.trim() }),
    ...tagSpecifications("natgateway", tags),
  });
  const needsNew = isPublic && allocation === NEW;
  const missing =
    subnet === undefined
      ? text("natGateway.chooseSubnet")
      : isPublic && allocation === ""
        ? text("natGateway.chooseAddress")
        : tags.valid
          ? null
          : text("tags.invalid");
  // What a new address would not change can be asked before there is one: the allocation itself.
  const allocating = useRefusal(region, "AllocateAddress", needsNew && missing === null ? ALLOCATION : undefined);
  const creating = useRefusal(
    region,
    "CreateNatGateway",
    missing === null && !needsNew ? parametersWith(allocation) : undefined,
    JSON.stringify([subnet?.AvailableIpAddressCount, addresses?.map(({ id }) => id)]),
  );
  const refusal = needsNew ? allocating : creating;
  const act = async (): Promise<void> => {
    let id = allocation;
    if (needsNew) {
      id = (await call(region, "AllocateAddress", ALLOCATION)).AllocationId ?? "";
      // It stays, whatever becomes of the gateway: the next attempt takes it.
      setAllocated(id);
      setAllocation(id);
    }
    const { NatGateway } = await call(region, "CreateNatGateway", parametersWith(id));
    say({ type: "success", content: text("natGateway.creating", { id: NatGateway?.NatGatewayId ?? "" }) });
  };
  return (
    <Dialog
      title={text("action.createNatGateway")}
      go={text("action.createNatGateway")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={natGatewayCommands(region, parametersWith(allocation), needsNew)}
      act={act}
      close={close}
      size="large"
    >
      <NameField value={tags} onChange={setTags} />
      <SubnetField subnets={networks?.subnets} value={subnetId} onChange={setSubnet} />
      <FormField label={text("natGateway.connectivity")}>
        <RadioGroup
          value={isPublic ? "public" : "private"}
          onChange={({ detail }) => setPublic(detail.value === "public")}
          items={[
            { value: "public", label: text("natGateway.public"), description: text("natGateway.publicHelp") },
            { value: "private", label: text("natGateway.private"), description: text("natGateway.privateHelp") },
          ]}
        />
      </FormField>
      {isPublic && <AddressField addresses={addresses} value={allocation} onChange={setAllocation} />}
      {allocated !== "" && <Alert type="info">{text("natGateway.allocated", { allocation: allocated })}</Alert>}
      <TextField
        label="natGateway.privateIp"
        value={privateIp}
        onChange={setPrivateIp}
        description={text("natGateway.privateIpHelp")}
        optional
      />
      <TagsField value={tags} onChange={setTags} />
      <WhatWillHappen region={region} subnet={subnet} isPublic={isPublic} isNew={needsNew} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
