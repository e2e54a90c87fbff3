/** Internet gateways as the pages know them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { InternetGateway } from "../../api/types";
import { label, nameTag } from "../../resource/resource";

export interface InternetGatewayRow {
  id: string;
  name: string;
  /** The VPC that it is attached to; empty where it is attached to none. */
  vpc: string;
  gateway: InternetGateway;
}

/** Every internet gateway of a region. */
export function internetGatewaysOf(region: string): Listing<InternetGatewayRow[]> {
  return {
    key: `${region}/internet-gateways`,
    tables: ["internet_gateways", "tags", "vpcs"],
    read: async () =>
      ((await call(region, "DescribeInternetGateways", {})).InternetGateways ?? []).map((gateway) => ({
        id: gateway.InternetGatewayId ?? "",
        name: nameTag(gateway.Tags),
        vpc: gateway.Attachments?.[0]?.VpcId ?? "",
        gateway,
      })),
  };
}

export function rowLabel({ id, name }: InternetGatewayRow): string {
  return label(id, name);
}

/** Whether it is attached, in the word that EC2's console has for it. */
export function stateOf({ vpc }: InternetGatewayRow): string {
  return vpc === "" ? "detached" : "attached";
}
