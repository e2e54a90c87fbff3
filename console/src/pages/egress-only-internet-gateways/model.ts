/** Egress-only internet gateways as the pages know them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { EgressOnlyInternetGateway } from "../../api/types";
import { nameTag } from "../../resource/resource";

export interface EgressOnlyGatewayRow {
  id: string;
  name: string;
  vpc: string;
  state: string;
  gateway: EgressOnlyInternetGateway;
}

export function egressOnlyGatewaysOf(region: string): Listing<EgressOnlyGatewayRow[]> {
  return {
    key: `${region}/egress-only-internet-gateways`,
    tables: ["egress_only_gateways", "tags"],
    read: async () => {
      const { EgressOnlyInternetGateways = [] } = await call(region, "DescribeEgressOnlyInternetGateways", {});
      return EgressOnlyInternetGateways.map((gateway) => ({
        id: gateway.EgressOnlyInternetGatewayId ?? "",
        name: nameTag(gateway.Tags),
        vpc: gateway.Attachments?.[0]?.VpcId ?? "",
        state: gateway.Attachments?.[0]?.State ?? "",
        gateway,
      }));
    },
  };
}
