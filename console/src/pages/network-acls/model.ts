/** Network ACLs as the pages know them: with the subnets of their VPC, and the default ACL that takes back what they lose. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { NetworkAcl, Subnet } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import type { Direction } from "../security-groups/grant";
import { entriesOf, type Entry } from "./entries";

export interface AclRow {
  id: string;
  /** The value of its tag `Name`. */
  name: string;
  acl: NetworkAcl;
  entries: Record<Direction, Entry[]>;
  /** Every subnet of its VPC, with the ACL and the association that it has. */
  subnets: AclSubnet[];
  /** The default ACL of its VPC. */
  usual: string;
}

export interface AclSubnet {
  id: string;
  subnet: Subnet;
  aclId: string;
  associationId: string;
}

/** Every network ACL of a region. */
export function networkAclsOf(region: string): Listing<AclRow[]> {
  return {
    key: `${region}/network-acls`,
    tables: ["acl_entries", "network_acls", "subnets", "tags", "vpc_blocks"],
    read: async () => {
      const [acls, subnets] = await Promise.all([call(region, "DescribeNetworkAcls", {}), call(region, "DescribeSubnets", {})]);
      return rowsOf(acls.NetworkAcls ?? [], subnets.Subnets ?? []);
    },
  };
}

export function rowsOf(acls: readonly NetworkAcl[], subnets: readonly Subnet[]): AclRow[] {
  const byId = new Map(subnets.map((subnet) => [subnet.SubnetId, subnet]));
  const usual = new Map(acls.filter(({ IsDefault }) => IsDefault).map(({ VpcId, NetworkAclId = "" }) => [VpcId, NetworkAclId]));
  const associated = acls.flatMap(({ Associations = [] }) => Associations).flatMap(
    ({ SubnetId = "", NetworkAclId: aclId = "", NetworkAclAssociationId: associationId = "" }): AclSubnet[] => {
      const subnet = byId.get(SubnetId);
      return subnet === undefined ? [] : [{ id: SubnetId, subnet, aclId, associationId }];
    },
  );
  const subnetsOf = Map.groupBy(associated, ({ subnet }) => subnet.VpcId);
  return acls.map((acl) => ({
    id: acl.NetworkAclId ?? "",
    name: nameTag(acl.Tags),
    acl,
    entries: { inbound: entriesOf(acl, "inbound"), outbound: entriesOf(acl, "outbound") },
    subnets: subnetsOf.get(acl.VpcId) ?? [],
    usual: usual.get(acl.VpcId) ?? "",
  }));
}

export function rowLabel({ id, name }: AclRow): string {
  return label(id, name);
}

/** The subnets that have it. */
export function subnetsWith(row: AclRow): AclSubnet[] {
  return row.subnets.filter(({ aclId }) => aclId === row.id);
}

export function subnetLabel({ id, subnet }: AclSubnet): string {
  return label(id, nameTag(subnet.Tags));
}
