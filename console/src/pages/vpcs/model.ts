/** VPCs as the pages know them: with the main route table and network ACL, and the tags of their DHCP options. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { DhcpOptions, FlowLog, NetworkAcl, RouteTable, Vpc } from "../../api/types";
import { ipv4Blocks, ipv6Blocks } from "../../resource/addressBlocks";
import { label, nameTag } from "../../resource/resource";
import { mainTablesOf } from "./network";

/** What another thing is called: its id, and the value of its tag `Name`. */
export interface Named {
  id: string;
  name: string;
}

export interface VpcRow {
  id: string;
  name: string;
  state: string;
  vpc: Vpc;
  mainTable: Named | undefined;
  /** The ACL that its subnets have at first. */
  mainAcl: Named | undefined;
  /** What its DHCP options say; undefined where it has none. */
  options: Named | undefined;
}

/** Every VPC of a region. */
export function vpcsOf(region: string): Listing<VpcRow[]> {
  return {
    key: `${region}/vpcs`,
    tables: ["dhcp_options", "network_acls", "route_table_associations", "tags", "vpc_blocks", "vpcs"],
    read: async () => {
      const [vpcs, tables, acls, options] = await Promise.all([
        call(region, "DescribeVpcs", {}),
        call(region, "DescribeRouteTables", { Filters: [{ Name: "association.main", Values: ["true"] }] }),
        call(region, "DescribeNetworkAcls", { Filters: [{ Name: "default", Values: ["true"] }] }),
        call(region, "DescribeDhcpOptions", {}),
      ]);
      return rowsOf(vpcs.Vpcs ?? [], tables.RouteTables ?? [], acls.NetworkAcls ?? [], options.DhcpOptions ?? []);
    },
  };
}

export function rowsOf(
  vpcs: readonly Vpc[],
  tables: readonly RouteTable[],
  acls: readonly NetworkAcl[],
  options: readonly DhcpOptions[],
): VpcRow[] {
  const mainTables = mainTablesOf(tables);
  const mainAcls = new Map(acls.filter(({ IsDefault }) => IsDefault).map((acl) => [acl.VpcId, acl]));
  const optionsById = new Map(options.map((one) => [one.DhcpOptionsId, one]));
  return vpcs.map((vpc) => {
    const [table, acl, has] = [mainTables.get(vpc.VpcId), mainAcls.get(vpc.VpcId), optionsById.get(vpc.DhcpOptionsId)];
    return {
      id: vpc.VpcId ?? "",
      name: nameTag(vpc.Tags),
      state: vpc.State ?? "",
      vpc,
      mainTable: table && { id: table.RouteTableId ?? "", name: nameTag(table.Tags) },
      mainAcl: acl && { id: acl.NetworkAclId ?? "", name: nameTag(acl.Tags) },
      options: has && { id: has.DhcpOptionsId ?? "", name: nameTag(has.Tags) },
    };
  });
}

export interface DnsSettings {
  resolution: boolean;
  hostnames: boolean;
  metrics: boolean;
}

/** What a VPC's own attributes say. */
export function dnsSettingsOf(region: string, id: string): Listing<DnsSettings> {
  return {
    key: `${region}/vpcs/${id}/dns`,
    tables: ["vpcs"],
    of: id,
    read: async () => {
      const [support, hostnames, metrics] = await Promise.all([
        call(region, "DescribeVpcAttribute", { VpcId: id, Attribute: "enableDnsSupport" }),
        call(region, "DescribeVpcAttribute", { VpcId: id, Attribute: "enableDnsHostnames" }),
        call(region, "DescribeVpcAttribute", { VpcId: id, Attribute: "enableNetworkAddressUsageMetrics" }),
      ]);
      return {
        resolution: support.EnableDnsSupport?.Value ?? false,
        hostnames: hostnames.EnableDnsHostnames?.Value ?? false,
        metrics: metrics.EnableNetworkAddressUsageMetrics?.Value ?? false,
      };
    },
  };
}

/** The flow logs of a VPC, a subnet or an interface. */
export function flowLogsOf(region: string, resource: string): Listing<FlowLog[]> {
  return {
    key: `${region}/flow-logs/${resource}`,
    tables: ["flow_logs", "tags"],
    read: async () => (await call(region, "DescribeFlowLogs", { Filter: [{ Name: "resource-id", Values: [resource] }] })).FlowLogs ?? [],
  };
}

export function rowLabel({ id, name }: Named): string {
  return label(id, name);
}

/** Its blocks of IPv4 addresses, the first one first. */
export function blocksOf(vpc: Vpc): string[] {
  return ipv4Blocks(vpc);
}

export function ipv6BlocksOf(vpc: Vpc): string[] {
  return ipv6Blocks(vpc);
}
