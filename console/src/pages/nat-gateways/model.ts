/** NAT gateways as the pages know them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { NatGateway } from "../../api/types";
import { label, nameTag } from "../../resource/resource";

export interface NatGatewayRow {
  id: string;
  name: string;
  /** `pending`, `available`, `failed`, `deleting`, `deleted` */
  state: string;
  gateway: NatGateway;
  /** Its primary address: private, and public where it has one. */
  address: NonNullable<NatGateway["NatGatewayAddresses"]>[number] | undefined;
}

/** Every NAT gateway of a region; those too that were deleted or failed within the last hour. */
export function natGatewaysOf(region: string): Listing<NatGatewayRow[]> {
  return {
    key: `${region}/nat-gateways`,
    tables: ["nat_gateways", "elastic_ips", "tags"],
    read: async () =>
      ((await call(region, "DescribeNatGateways", {})).NatGateways ?? []).map((gateway) => ({
        id: gateway.NatGatewayId ?? "",
        name: nameTag(gateway.Tags),
        state: gateway.State ?? "",
        gateway,
        address: gateway.NatGatewayAddresses?.[0],
      })),
  };
}

export function rowLabel({ id, name }: NatGatewayRow): string {
  return label(id, name);
}

/** Whether it was deleted, or is being deleted. */
export function isGone({ state }: NatGatewayRow): boolean {
  return state === "deleted" || state === "deleting";
}
