/** Route tables as the pages know them: with the subnets that use them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Route, RouteTable, Subnet } from "../../api/types";
import { ipv6Blocks } from "../../resource/addressBlocks";
import { label, nameTag } from "../../resource/resource";
import type { Text } from "../../texts/texts";

type Association = NonNullable<RouteTable["Associations"]>[number];

export interface RouteTableRow {
  id: string;
  name: string;
  vpc: string;
  isMain: boolean;
  table: RouteTable;
  /** Subnets that are associated with it explicitly. */
  subnets: Subnet[];
  /** Subnets that use it because it is their VPC's main one. */
  implicit: Subnet[];
  /** Internet gateways that are associated with it. */
  gateways: string[];
  /** All of its VPC. */
  ofVpc: { tables: RouteTable[]; subnets: Subnet[] };
}

/** Every route table of a region. What their routes lead to counts too: a route is a blackhole when its target is gone. */
export function routeTablesOf(region: string): Listing<RouteTableRow[]> {
  return {
    key: `${region}/route-tables`,
    tables: [
      "egress_only_gateways",
      "instances",
      "internet_gateways",
      "nat_gateways",
      "network_interfaces",
      "peerings",
      "route_table_associations",
      "route_tables",
      "routes",
      "subnets",
      "tags",
      "vpc_blocks",
      "vpcs",
    ],
    read: async () => {
      const [tables, subnets] = await Promise.all([call(region, "DescribeRouteTables", {}), call(region, "DescribeSubnets", {})]);
      return rowsOf(tables.RouteTables ?? [], subnets.Subnets ?? []);
    },
  };
}

export function rowsOf(tables: readonly RouteTable[], subnets: readonly Subnet[]): RouteTableRow[] {
  const subnetsOf = Map.groupBy(subnets, ({ VpcId }) => VpcId);
  const ofVpcs = new Map(
    [...Map.groupBy(tables, ({ VpcId }) => VpcId)].map(([vpc, its]) => [vpc, { tables: its, subnets: subnetsOf.get(vpc) ?? [] }]),
  );
  const associated = new Map(
    tables.flatMap(({ RouteTableId, Associations = [] }) => Associations.map(({ SubnetId }) => [SubnetId, RouteTableId])),
  );
  const usedBy = Map.groupBy(subnets, ({ SubnetId }) => associated.get(SubnetId));
  return tables.map((table) => {
    const ofVpc = ofVpcs.get(table.VpcId)!;
    const associations = table.Associations ?? [];
    const isMain = associations.some(({ Main }) => Main);
    return {
      id: table.RouteTableId ?? "",
      name: nameTag(table.Tags),
      vpc: table.VpcId ?? "",
      isMain,
      table,
      subnets: usedBy.get(table.RouteTableId) ?? [],
      implicit: isMain ? ofVpc.subnets.filter(({ SubnetId }) => !associated.has(SubnetId)) : [],
      gateways: associations.flatMap(({ GatewayId }) => (GatewayId ? [GatewayId] : [])),
      ofVpc,
    };
  });
}

export function rowLabel({ id, name }: RouteTableRow): string {
  return label(id, name);
}

export function subnetLabel({ SubnetId = "", Tags }: Subnet): string {
  return label(SubnetId, nameTag(Tags));
}

/** The IPv6 blocks of a subnet; empty where it has none. */
export function ipv6Of(subnet: Subnet): string {
  return ipv6Blocks(subnet).join(", ");
}

/** Where a route leads to: a block of addresses, or a prefix list. */
export function destinationOf(route: Route): string {
  return route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? "";
}

/** The association by which a subnet or a gateway uses a table of its own, among those of a VPC. */
export function associationOf(tables: readonly RouteTable[], end: string): Association | undefined {
  return tables.flatMap((one) => one.Associations ?? []).find(({ SubnetId, GatewayId }) => SubnetId === end || GatewayId === end);
}

/** The association that makes one of these tables the VPC's main one. */
export function mainAssociation(tables: readonly RouteTable[]): Association | undefined {
  return tables.flatMap((one) => one.Associations ?? []).find(({ Main }) => Main);
}

/** All that a dry run about a table depends on. */
export function stateOf({ table, ofVpc }: RouteTableRow): string {
  return JSON.stringify([table.Routes, ofVpc.tables.map(({ Associations }) => Associations)]);
}

/** Whether a virtual private gateway gave the table this route. */
export function propagatedText(text: Text, { Origin }: Route): string {
  return text(Origin === "EnableVgwRoutePropagation" ? "yes" : "no");
}
