/** Security groups as the pages know them: the groups, their rules, and what uses them. */
import { about, call, type About } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { NetworkInterface, SecurityGroup, SecurityGroupRule, Tag, Vpc } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import type { Present } from "./editedRules";
import { grantOf, type Direction, type Grant } from "./grant";

/** A rule with what it grants. */
export interface Rule extends Present {
  group: string;
  way: Direction;
  tags: readonly Tag[];
}

export interface Row {
  id: string;
  /** The value of its tag `Name`. */
  name: string;
  group: SecurityGroup;
  rules: Record<Direction, Rule[]>;
  /** The network interfaces that are in it. */
  interfaces: NetworkInterface[];
  /** Rules of other groups that name it as their source or destination. */
  namedBy: Rule[];
  /** All groups of the region by id, which rules may name. */
  groups: ReadonlyMap<string, SecurityGroup>;
}

/** Every security group of a region. */
export function securityGroupsOf(region: string): Listing<Row[]> {
  return {
    key: `${region}/security-groups`,
    tables: ["instances", "interface_groups", "network_interfaces", "security_group_rules", "security_groups", "tags"],
    read: async () => {
      const [found, rules, interfaces] = await Promise.all([
        call(region, "DescribeSecurityGroups", {}),
        call(region, "DescribeSecurityGroupRules", {}),
        call(region, "DescribeNetworkInterfaces", {}),
      ]);
      return rowsOf(found.SecurityGroups ?? [], rules.SecurityGroupRules ?? [], interfaces.NetworkInterfaces ?? []);
    },
  };
}

/** The rules that a group has now, both ways. */
export async function readRules(region: string, group: string): Promise<Record<Direction, Rule[]>> {
  const filter = [{ Name: "group-id", Values: [group] }];
  const found = await call(region, "DescribeSecurityGroupRules", { Filters: filter });
  return byWay((found.SecurityGroupRules ?? []).map(ruleOf));
}

/** The VPCs of a region, in which groups can be. */
export function vpcsOf(region: string): Listing<Vpc[]> {
  return {
    key: `${region}/security-groups/vpcs`,
    tables: ["tags"],
    read: async () => (await call(region, "DescribeVpcs", {})).Vpcs ?? [],
  };
}

/** What may be known of the cloud itself. */
export const ABOUT: Listing<About> = { key: "about", tables: [], read: about };

export function rowsOf(
  found: readonly SecurityGroup[],
  described: readonly SecurityGroupRule[],
  interfaces: readonly NetworkInterface[],
): Row[] {
  const groups = new Map(found.map((group) => [group.GroupId ?? "", group]));
  const rules = described.map(ruleOf);
  const rulesOf = Map.groupBy(rules, (rule) => rule.group);
  const naming = Map.groupBy(rules, (rule) => rule.grant.source);
  const memberships = interfaces.flatMap((one) => [...new Set(one.Groups?.map(({ GroupId }) => GroupId))].map((id) => ({ id, one })));
  const membersOf = Map.groupBy(memberships, ({ id }) => id);
  return [...groups].map(([id, group]) => ({
    id,
    name: nameTag(group.Tags),
    group,
    rules: byWay(rulesOf.get(id) ?? []),
    interfaces: (membersOf.get(id) ?? []).map(({ one }) => one),
    namedBy: (naming.get(id) ?? []).filter((rule) => rule.group !== id),
    groups,
  }));
}

/** A group in a line: `sg-… | web`, as EC2's lists have it. */
export function groupLabel(id: string, groups: ReadonlyMap<string, SecurityGroup>): string {
  const name = groups.get(id)?.GroupName;
  return name === undefined ? id : `${id} | ${name}`;
}

/** A row in a line, in dialogs and notices. */
export function rowLabel({ id, group }: Row): string {
  return label(id, group.GroupName ?? "");
}

/** Whether it is the group that its VPC made, which nobody can delete. */
export function isDefault({ group }: Row): boolean {
  return group.GroupName === "default";
}

/** The source or destination of a grant, with the name of the group that it is. */
export function sourceName({ kind, source }: Grant, groups: ReadonlyMap<string, SecurityGroup>): string {
  return kind === "group" ? groupLabel(source, groups) : source;
}

function ruleOf(rule: SecurityGroupRule): Rule {
  return {
    id: rule.SecurityGroupRuleId ?? "",
    group: rule.GroupId ?? "",
    way: rule.IsEgress ? "outbound" : "inbound",
    grant: grantOf(rule),
    description: rule.Description ?? "",
    tags: rule.Tags ?? [],
  };
}

function byWay(rules: readonly Rule[]): Record<Direction, Rule[]> {
  return { inbound: rules.filter(({ way }) => way === "inbound"), outbound: rules.filter(({ way }) => way === "outbound") };
}
