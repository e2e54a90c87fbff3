/** What a rule of a security group grants, apart from which group, way and id it has. Pure. */
import type { Asked, SecurityGroupRule } from "../../api/types";
import { blockOf } from "./cidr";

export type Direction = "inbound" | "outbound";

/** A protocol as EC2 keeps it (`tcp`, `udp`, `icmp`, `icmpv6`, a number, `-1`), ports or ICMP type and code, one source. */
export interface Grant {
  protocol: string;
  from: number;
  to: number;
  kind: "ipv4" | "ipv6" | "group" | "prefixList";
  source: string;
}

/** As a port, an ICMP type or an ICMP code. */
export const ANY = -1;
export const LAST_PORT = 65535;
/** What a new group lets its members reach. */
export const ALL_OUT: Grant = { protocol: "-1", from: ANY, to: ANY, kind: "ipv4", source: "0.0.0.0/0" };

type Permission = NonNullable<Asked<"AuthorizeSecurityGroupIngress">["IpPermissions"]>[number];
type RuleRequest = NonNullable<NonNullable<Asked<"ModifySecurityGroupRules">["SecurityGroupRules"]>[number]["SecurityGroupRule"]>;

const NUMBERED: Record<string, string> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6" };

export function hasPorts(protocol: string): boolean {
  return protocol === "tcp" || protocol === "udp";
}

export function isIcmp(protocol: string): boolean {
  return protocol === "icmp" || protocol === "icmpv6";
}

/** The word for a protocol that is given by its number, where EC2 has one. */
export function protocolOf(number: string): string {
  return NUMBERED[number] ?? number;
}

/** What a rule of the cloud grants. */
export function grantOf(rule: SecurityGroupRule): Grant {
  const protocol = rule.IpProtocol ?? "-1";
  const ported = hasPorts(protocol) || isIcmp(protocol);
  const block = blockOf(rule.CidrIpv4 ?? rule.CidrIpv6 ?? "");
  return {
    protocol,
    from: ported ? (rule.FromPort ?? ANY) : ANY,
    to: ported ? (rule.ToPort ?? ANY) : ANY,
    kind: block?.kind ?? (rule.PrefixListId ? "prefixList" : "group"),
    source: block?.text ?? rule.PrefixListId ?? rule.ReferencedGroupInfo?.GroupId ?? "",
  };
}

/** Two rules are the same to EC2 where this is: descriptions do not count. */
export function keyOf(grant: Grant): string {
  return [grant.protocol, grant.from, grant.to, grant.source].join(" ");
}

/** A grant as a permission of a request. */
export function permissionOf(grant: Grant, description: string): Permission {
  const said = description === "" ? {} : { Description: description };
  const source = {
    ipv4: { IpRanges: [{ CidrIp: grant.source, ...said }] },
    ipv6: { Ipv6Ranges: [{ CidrIpv6: grant.source, ...said }] },
    group: { UserIdGroupPairs: [{ GroupId: grant.source, ...said }] },
    prefixList: { PrefixListIds: [{ PrefixListId: grant.source, ...said }] },
  };
  return { ...portsOf(grant), ...source[grant.kind] };
}

/** A grant as what a single rule is to say from now on: all of it, its description too. */
export function ruleRequestOf(grant: Grant, description: string): RuleRequest {
  const source = {
    ipv4: { CidrIpv4: grant.source },
    ipv6: { CidrIpv6: grant.source },
    group: { ReferencedGroupId: grant.source },
    prefixList: { PrefixListId: grant.source },
  };
  return { ...portsOf(grant), ...source[grant.kind], ...(description !== "" && { Description: description }) };
}

/** Whether a grant is to, or from, every address there is. */
export function isForAll(grant: Grant): boolean {
  return grant.source === "0.0.0.0/0" || grant.source === "::/0";
}

/** Whether a grant lets every address try to sign in by SSH. */
export function opensSsh(grant: Grant): boolean {
  const covers = grant.protocol === "-1" || (grant.protocol === "tcp" && grant.from <= 22 && grant.to >= 22);
  return covers && isForAll(grant);
}

function portsOf({ protocol, from, to }: Grant): { IpProtocol: string; FromPort?: number; ToPort?: number } {
  if (!hasPorts(protocol) && !isIcmp(protocol)) return { IpProtocol: protocol };
  return { IpProtocol: protocol, FromPort: from, ToPort: to };
}
