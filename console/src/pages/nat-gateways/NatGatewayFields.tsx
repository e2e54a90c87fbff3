/** What a NAT gateway is made of: its subnet and its Elastic IP address. */
import type { ReactNode } from "react";
import type { Subnet } from "../../api/types";
import { ChoiceField } from "../../resource/fields";
import { label, nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { isAssociated, type AddressRow } from "../elastic-ips/model";
import { NEW } from "./commands";

interface Field {
  value: string;
  onChange: (value: string) => void;
}

export function SubnetField({ subnets, ...field }: Field & { subnets: readonly Subnet[] | undefined }): ReactNode {
  const text = useText();
  return (
    <ChoiceField
      {...field}
      label="natGateway.subnet"
      description={text("natGateway.subnetHelp")}
      empty={text(subnets === undefined ? "loading" : subnets.length === 0 ? "natGateway.noSubnet" : "natGateway.chooseSubnet")}
      options={(subnets ?? []).map(({ SubnetId = "", VpcId, CidrBlock, AvailabilityZone, AvailableIpAddressCount = 0, Tags }) => ({
        value: SubnetId,
        label: label(SubnetId, nameTag(Tags)),
        description: [VpcId, CidrBlock, AvailabilityZone, text("launch.subnetFree", { count: AvailableIpAddressCount })].join(", "),
      }))}
      filtered
    />
  );
}

export function AddressField({ addresses, ...field }: Field & { addresses: readonly AddressRow[] | undefined }): ReactNode {
  const text = useText();
  const free = (addresses ?? []).filter((row) => !isAssociated(row));
  return (
    <ChoiceField
      {...field}
      label="natGateway.allocation"
      description={text("natGateway.allocationHelp")}
      empty={text(addresses === undefined ? "loading" : "natGateway.chooseAddress")}
      options={[
        { value: NEW, label: text("natGateway.newAddress"), description: text("natGateway.newAddressHelp") },
        ...free.map(({ id, name, address }) => ({ value: id, label: label(id, name), description: address.PublicIp ?? "" })),
      ]}
    />
  );
}
