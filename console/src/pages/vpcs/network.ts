/** One VPC with all that is in it, as EC2's API describes it. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type {
  EgressOnlyInternetGateway,
  Instance,
  InternetGateway,
  NatGateway,
  NetworkAcl,
  NetworkInterface,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  Vpc,
  VpcPeeringConnection,
} from "../../api/types";

export interface Network {
  vpc: Vpc;
  subnets: Subnet[];
  tables: RouteTable[];
  acls: NetworkAcl[];
  internetGateways: InternetGateway[];
  egressOnlyGateways: EgressOnlyInternetGateway[];
  /** Those that are not deleted. */
  natGateways: NatGateway[];
  /** Those that are asked for or active, whichever side this VPC is. */
  peerings: VpcPeeringConnection[];
  interfaces: NetworkInterface[];
  /** Those that have an interface in it, by id. */
  instances: Map<string, Instance>;
  groups: SecurityGroup[];
  rules: SecurityGroupRule[];
}

const OPEN_PEERINGS = ["pending-acceptance", "provisioning", "active"];

/** All of a VPC; null where it is there no more. */
export function networkOf(region: string, vpcId: string): Listing<Network | null> {
  const ofVpc = [{ Name: "vpc-id", Values: [vpcId] }];
  return {
    key: `${region}/vpcs/${vpcId}/network`,
    tables: [
      "egress_only_gateways",
      "elastic_ips",
      "instances",
      "interface_groups",
      "internet_gateways",
      "nat_gateways",
      "network_acls",
      "network_interfaces",
      "peerings",
      "route_table_associations",
      "route_tables",
      "routes",
      "secondary_addresses", // of interfaces; and of them, how many addresses of a subnet are free
      "security_group_rules",
      "security_groups",
      "subnet_reservations", // of which free addresses are not counted
      "subnets",
      "tags",
      "vpc_blocks",
      "vpcs",
    ],
    read: async () => {
      const [vpcs, subnets, tables, acls, internet, egress, nats, peerings, interfaces, reservations, groups, rules] = await Promise.all([
        call(region, "DescribeVpcs", { Filters: ofVpc }),
        call(region, "DescribeSubnets", { Filters: ofVpc }),
        call(region, "DescribeRouteTables", { Filters: ofVpc }),
        call(region, "DescribeNetworkAcls", { Filters: ofVpc }),
        call(region, "DescribeInternetGateways", { Filters: [{ Name: "attachment.vpc-id", Values: [vpcId] }] }),
        call(region, "DescribeEgressOnlyInternetGateways", {}),
        call(region, "DescribeNatGateways", { Filter: ofVpc }),
        call(region, "DescribeVpcPeeringConnections", {}),
        call(region, "DescribeNetworkInterfaces", { Filters: ofVpc }),
        call(region, "DescribeInstances", { Filters: ofVpc }),
        call(region, "DescribeSecurityGroups", { Filters: ofVpc }),
        call(region, "DescribeSecurityGroupRules", {}),
      ]);
      const [vpc] = vpcs.Vpcs ?? [];
      if (vpc === undefined) return null;
      const ids = new Set((groups.SecurityGroups ?? []).map(({ GroupId }) => GroupId));
      const instances = (reservations.Reservations ?? []).flatMap((one) => one.Instances ?? []);
      return {
        vpc,
        subnets: subnets.Subnets ?? [],
        tables: tables.RouteTables ?? [],
        acls: acls.NetworkAcls ?? [],
        internetGateways: internet.InternetGateways ?? [],
        egressOnlyGateways: (egress.EgressOnlyInternetGateways ?? []).filter(({ Attachments }) =>
          Attachments?.some(({ VpcId }) => VpcId === vpcId),
        ),
        natGateways: (nats.NatGateways ?? []).filter(({ State }) => State !== "deleted"),
        peerings: (peerings.VpcPeeringConnections ?? []).filter(
          ({ RequesterVpcInfo, AccepterVpcInfo, Status }) =>
            [RequesterVpcInfo?.VpcId, AccepterVpcInfo?.VpcId].includes(vpcId) && OPEN_PEERINGS.includes(Status?.Code ?? ""),
        ),
        interfaces: interfaces.NetworkInterfaces ?? [],
        instances: new Map(instances.map((one) => [one.InstanceId ?? "", one])),
        groups: groups.SecurityGroups ?? [],
        rules: (rules.SecurityGroupRules ?? []).filter(({ GroupId }) => ids.has(GroupId)),
      };
    },
  };
}

/** The route table by which a subnet routes: its own, or the VPC's main one. */
export function tableOf(subnetId: string, tables: readonly RouteTable[]): { table: RouteTable | undefined; isMain: boolean } {
  const own = tables.find(({ Associations }) => Associations?.some(({ SubnetId }) => SubnetId === subnetId));
  return { table: own ?? mainTableOf(tables), isMain: own === undefined };
}

/** The main route table of each VPC, by the VPC's id. */
export function mainTablesOf(tables: readonly RouteTable[]): ReadonlyMap<string | undefined, RouteTable> {
  return new Map(tables.filter((one) => mainTableOf([one])).map((one) => [one.VpcId, one]));
}

export function mainTableOf(tables: readonly RouteTable[]): RouteTable | undefined {
  return tables.find(({ Associations }) => Associations?.some(({ Main }) => Main));
}
