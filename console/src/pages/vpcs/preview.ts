/** The network that "VPC and more" would make, in the form in which the map draws those that there are. Pure. */
import type { Link } from "./chain";
import type { Network } from "./network";

/** What the calls make: ids are the names that the chain has for them. */
export function previewOf(links: readonly Link[]): Network {
  const network: Network = {
    vpc: {},
    subnets: [],
    tables: [],
    acls: [],
    internetGateways: [],
    egressOnlyGateways: [],
    natGateways: [],
    peerings: [],
    interfaces: [],
    instances: new Map(),
    groups: [],
    rules: [],
  };
  for (const { action, parameters, makes } of links) {
    const given = parameters((name) => name) as Record<string, string> & { TagSpecifications?: { Tags: { Key: string; Value: string }[] }[] };
    const Tags = given.TagSpecifications?.[0]?.Tags ?? [];
    const id = makes?.name ?? "";
    const table = network.tables.find(({ RouteTableId }) => RouteTableId === given.RouteTableId);
    if (action === "CreateVpc") network.vpc = { VpcId: id, CidrBlock: given.CidrBlock!, Tags };
    else if (action === "CreateSubnet") {
      const { CidrBlock = "", AvailabilityZone = "" } = given;
      network.subnets.push({ SubnetId: id, CidrBlock, AvailabilityZone, Tags });
    } else if (action === "CreateInternetGateway") network.internetGateways.push({ InternetGatewayId: id, Tags });
    else if (action === "CreateNatGateway") network.natGateways.push({ NatGatewayId: id, SubnetId: given.SubnetId!, Tags });
    else if (action === "CreateRouteTable") {
      const local = { DestinationCidrBlock: network.vpc.CidrBlock ?? "", GatewayId: "local", State: "active" as const };
      network.tables.push({ RouteTableId: id, Associations: [], Routes: [local], Tags });
    } else if (action === "AssociateRouteTable") table?.Associations?.push({ SubnetId: given.SubnetId! });
    else if (action === "CreateRoute") {
      const { DestinationCidrBlock = "", GatewayId, NatGatewayId } = given;
      table?.Routes?.push({ DestinationCidrBlock, State: "active", ...(GatewayId && { GatewayId }), ...(NatGatewayId && { NatGatewayId }) });
    }
  }
  return network;
}
