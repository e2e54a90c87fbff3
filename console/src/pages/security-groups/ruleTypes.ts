/** The types of rules that EC2's console has: a service's own protocol and port, or what the reader gives. */
import type { Text, TextKey } from "../../texts/texts";
import { ANY, hasPorts, isIcmp, LAST_PORT, type Grant } from "./grant";

export interface RuleType {
  id: string;
  name: TextKey | null;
  /** Null: the reader gives its number. */
  protocol: string | null;
  /** Null: the reader gives them. */
  ports: readonly [from: number, to: number] | null;
}

/** Services have names that are the same in every language. */
const SERVICES: readonly (readonly [name: string, protocol: string, port: number])[] = [
  ["SSH", "tcp", 22],
  ["SMTP", "tcp", 25],
  ["DNS (UDP)", "udp", 53],
  ["DNS (TCP)", "tcp", 53],
  ["HTTP", "tcp", 80],
  ["POP3", "tcp", 110],
  ["IMAP", "tcp", 143],
  ["LDAP", "tcp", 389],
  ["HTTPS", "tcp", 443],
  ["SMB", "tcp", 445],
  ["SMTPS", "tcp", 465],
  ["IMAPS", "tcp", 993],
  ["POP3S", "tcp", 995],
  ["MSSQL", "tcp", 1433],
  ["NFS", "tcp", 2049],
  ["MYSQL/Aurora", "tcp", 3306],
  ["RDP", "tcp", 3389],
  ["Redshift", "tcp", 5439],
  ["PostgreSQL", "tcp", 5432],
  ["Oracle-RDS", "tcp", 1521],
  ["WinRM-HTTP", "tcp", 5985],
  ["WinRM-HTTPS", "tcp", 5986],
  ["Elastic Graphics", "tcp", 2007],
  ["CQLSH / Cassandra", "tcp", 9042],
];

const ALL_PORTS = [0, LAST_PORT] as const;
const NONE = [ANY, ANY] as const;

/** In the order of EC2's list. */
export const RULE_TYPES: readonly RuleType[] = [
  { id: "customTcp", name: "ruleType.customTcp", protocol: "tcp", ports: null },
  { id: "customUdp", name: "ruleType.customUdp", protocol: "udp", ports: null },
  { id: "customIcmp", name: "ruleType.customIcmp", protocol: "icmp", ports: null },
  { id: "customIcmpv6", name: "ruleType.customIcmpv6", protocol: "icmpv6", ports: null },
  { id: "customProtocol", name: "ruleType.customProtocol", protocol: null, ports: NONE },
  { id: "allTcp", name: "ruleType.allTcp", protocol: "tcp", ports: ALL_PORTS },
  { id: "allUdp", name: "ruleType.allUdp", protocol: "udp", ports: ALL_PORTS },
  { id: "allIcmp", name: "ruleType.allIcmp", protocol: "icmp", ports: NONE },
  { id: "allIcmpv6", name: "ruleType.allIcmpv6", protocol: "icmpv6", ports: NONE },
  { id: "allTraffic", name: "ruleType.allTraffic", protocol: "-1", ports: NONE },
  ...SERVICES.map(([id, protocol, port]) => ({ id, name: null, protocol, ports: [port, port] as const })),
];

const BY_ID = new Map(RULE_TYPES.map((type) => [type.id, type]));

export function typeNamed(id: string): RuleType {
  return BY_ID.get(id)!;
}

/** The most telling type of what is granted. */
export function typeOf({ protocol, from, to }: Pick<Grant, "protocol" | "from" | "to">): RuleType {
  const fixed = RULE_TYPES.find((type) => type.protocol === protocol && type.ports?.[0] === from && type.ports[1] === to);
  return fixed ?? RULE_TYPES.find((type) => type.protocol === protocol && type.ports === null) ?? typeNamed("customProtocol");
}

export function typeName(text: Text, type: RuleType): string {
  return type.name === null ? type.id : text(type.name);
}

/** ICMP's types by EC2's names; the others have a number alone. */
const ICMP: Record<string, Record<number, string>> = {
  icmp: {
    0: "Echo Reply",
    3: "Destination Unreachable",
    4: "Source Quench",
    5: "Redirect Message",
    8: "Echo Request",
    9: "Router Advertisement",
    10: "Router Solicitation",
    11: "Time Exceeded",
    12: "Parameter Problem: Bad IP header",
    13: "Timestamp",
    14: "Timestamp Reply",
    17: "Address Mask Request",
    18: "Address Mask Reply",
    30: "Traceroute",
  },
  icmpv6: {
    1: "Destination Unreachable",
    2: "Packet Too Big",
    3: "Time Exceeded",
    4: "Parameter Problem",
    128: "Echo Request",
    129: "Echo Reply",
    133: "Router Solicitation",
    134: "Router Advertisement",
    135: "Neighbor Solicitation",
    136: "Neighbor Advertisement",
  },
};

/** The types of ICMP that are known by name: their numbers, and what they are called. */
export function icmpTypes(protocol: string): readonly (readonly [number: string, name: string])[] {
  return Object.entries(ICMP[protocol] ?? {});
}

/** `TCP`, `ICMP: Echo Request`, `All`, `50`. */
export function protocolName(text: Text, { protocol, from }: Pick<Grant, "protocol" | "from">): string {
  if (protocol === "-1") return text("rule.all");
  if (!isIcmp(protocol)) return protocol.toUpperCase();
  const name = protocol === "icmp" ? "ICMP" : "IPv6 ICMP";
  return from === ANY ? name : `${name}: ${ICMP[protocol]?.[from] ?? from}`;
}

/** `22`, `8000 - 8080`, `All`; ICMP's code. */
export function portRange(text: Text, { protocol, from, to }: Pick<Grant, "protocol" | "from" | "to">): string {
  if (hasPorts(protocol)) return from === to ? String(from) : `${from} - ${to}`;
  return isIcmp(protocol) && to !== ANY ? String(to) : text("rule.all");
}
