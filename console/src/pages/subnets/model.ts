/** Subnets as the pages know them: with their VPC, the table by which they route, and their network ACL. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { NetworkAcl, NetworkInterface, RouteTable, Subnet, Vpc } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import { mainTablesOf } from "../vpcs/network";

export interface SubnetRow {
  id: string;
  name: string;
  state: string;
  subnet: Subnet;
  vpc: Vpc | undefined;
  table: RouteTable | undefined;
  /** Whether that is the VPC's main one, for the subnet has none of its own. */
  hasMain: boolean;
  /** Of its own table. */
  association: string | undefined;
  acl: NetworkAcl | undefined;
  aclAssociation: string | undefined;
  /** All of its VPC. */
  tables: RouteTable[];
  acls: NetworkAcl[];
}

/** Every subnet of a region. */
export function subnetsOf(region: string): Listing<SubnetRow[]> {
  return {
    key: `${region}/subnets`,
    tables: [
      "acl_entries",
      "network_acls",
      "network_interfaces",
      "route_table_associations",
      "route_tables",
      "routes",
      "secondary_addresses", // of them and of interfaces, how many addresses are free
      "subnet_reservations",
      "subnets",
      "tags",
      "vpcs",
    ],
    read: async () => {
      const [subnets, vpcs, tables, acls] = await Promise.all([
        call(region, "DescribeSubnets", {}),
        call(region, "DescribeVpcs", {}),
        call(region, "DescribeRouteTables", {}),
        call(region, "DescribeNetworkAcls", {}),
      ]);
      return rowsOf(subnets.Subnets ?? [], vpcs.Vpcs ?? [], tables.RouteTables ?? [], acls.NetworkAcls ?? []);
    },
  };
}

/** The network interfaces in these subnets. */
export function interfacesIn(region: string, subnets: readonly string[]): Listing<NetworkInterface[]> {
  return {
    key: `${region}/subnets/interfaces/${subnets.join()}`,
    tables: ["instances", "network_interfaces"],
    read: async () => {
      const asked = { Filters: [{ Name: "subnet-id", Values: [...subnets] }] };
      return (await call(region, "DescribeNetworkInterfaces", asked)).NetworkInterfaces ?? [];
    },
  };
}

export function rowsOf(
  subnets: readonly Subnet[],
  vpcs: readonly Vpc[],
  allTables: readonly RouteTable[],
  allAcls: readonly NetworkAcl[],
): SubnetRow[] {
  const vpcsById = new Map(vpcs.map((vpc) => [vpc.VpcId, vpc]));
  const [tablesOf, aclsOf] = [Map.groupBy(allTables, ({ VpcId }) => VpcId), Map.groupBy(allAcls, ({ VpcId }) => VpcId)];
  const main = mainTablesOf(allTables);
  const routed = new Map(allTables.flatMap((table) => (table.Associations ?? []).map((one) => [one.SubnetId, { table, one }])));
  const guarded = new Map(allAcls.flatMap((acl) => (acl.Associations ?? []).map((one) => [one.SubnetId, { acl, one }])));
  return subnets.map((subnet) => {
    const { SubnetId: id = "", VpcId } = subnet;
    const [own, guard] = [routed.get(id), guarded.get(id)];
    return {
      id,
      name: nameTag(subnet.Tags),
      state: subnet.State ?? "",
      subnet,
      vpc: vpcsById.get(VpcId),
      table: own?.table ?? main.get(VpcId),
      hasMain: own === undefined,
      association: own?.one.RouteTableAssociationId,
      acl: guard?.acl,
      aclAssociation: guard?.one.NetworkAclAssociationId,
      tables: tablesOf.get(VpcId) ?? [],
      acls: aclsOf.get(VpcId) ?? [],
    };
  });
}

export function rowLabel({ id, name }: Pick<SubnetRow, "id" | "name">): string {
  return label(id, name);
}

export function tableLabel({ RouteTableId = "", Tags }: RouteTable): string {
  return label(RouteTableId, nameTag(Tags));
}

export function aclLabel({ NetworkAclId = "", Tags }: NetworkAcl): string {
  return label(NetworkAclId, nameTag(Tags));
}
