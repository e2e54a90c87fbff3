/** Entries of network ACLs: as the cloud has them, and as calls give them. Pure. */
import type { Asked, NetworkAcl } from "../../api/types";
import { blockOf, isWithin } from "../security-groups/cidr";
import { ANY, hasPorts, isIcmp, LAST_PORT, protocolOf, type Direction, type Grant } from "../security-groups/grant";

/** The last number that an entry can have: those behind it are EC2's own, which deny what is left. */
export const LAST_NUMBER = 32766;
/** Entries of one's own, each way and for each kind of address: EC2's usual limit of 20 counts its own last one too. */
export const MOST_ENTRIES = 19;

const NUMBERS: Record<string, string> = { icmp: "1", tcp: "6", udp: "17", icmpv6: "58" };

/** A protocol as network ACLs name it: always by its number. */
export function numberOf(protocol: string): string {
  return NUMBERS[protocol] ?? protocol;
}

/** A rule of a network ACL: which traffic it decides about, and how. */
export interface Entry {
  number: number;
  allow: boolean;
  /** Its source, of outbound ones the destination, is a block. */
  grant: Grant;
}

type Described = NonNullable<NetworkAcl["Entries"]>[number];

/** The entries of one way in the order in which they are asked, EC2's own last. */
export function entriesOf(acl: NetworkAcl, way: Direction): Entry[] {
  return inOrder((acl.Entries ?? []).filter(({ Egress }) => Egress === (way === "outbound")).map(entryOf));
}

/** In the order in which they are asked. */
export function inOrder(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((one, other) => one.number - other.number);
}

function entryOf({ RuleNumber = 0, Protocol = "-1", RuleAction, CidrBlock, Ipv6CidrBlock, PortRange, IcmpTypeCode }: Described): Entry {
  const protocol = protocolOf(Protocol);
  const [from, to] = hasPorts(protocol)
    ? [PortRange?.From ?? 0, PortRange?.To ?? LAST_PORT]
    : isIcmp(protocol)
      ? [IcmpTypeCode?.Type ?? ANY, IcmpTypeCode?.Code ?? ANY]
      : [ANY, ANY];
  const kind = CidrBlock === undefined ? "ipv6" : "ipv4";
  return { number: RuleNumber, allow: RuleAction === "allow", grant: { protocol, from, to, kind, source: CidrBlock ?? Ipv6CidrBlock ?? "" } };
}

/** Whether it is one that EC2 put at the end, which nobody can change. */
export function isLast({ number }: Entry): boolean {
  return number > LAST_NUMBER;
}

/** The parameters that make an entry, or put it in the place of the one with its number. */
export function entryParameters(acl: string, way: Direction, { number, allow, grant }: Entry): Asked<"CreateNetworkAclEntry"> {
  const { protocol, from, to, kind, source } = grant;
  return {
    NetworkAclId: acl,
    RuleNumber: number,
    Egress: way === "outbound",
    Protocol: numberOf(protocol),
    RuleAction: allow ? "allow" : "deny",
    ...(kind === "ipv4" ? { CidrBlock: source } : { Ipv6CidrBlock: source }),
    ...(hasPorts(protocol) && { PortRange: { From: from, To: to } }),
    ...(isIcmp(protocol) && { IcmpTypeCode: { Type: from, Code: to } }),
  };
}

export function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
  return JSON.stringify(one && partsOf(one)) === JSON.stringify(other && partsOf(other));
}

function partsOf({ number, allow, grant: { protocol, from, to, source } }: Entry): unknown[] {
  return [number, allow, protocol, from, to, source];
}

/** The entry before it that decides about all of its traffic, so that it never decides; undefined where there is none. */
export function decidedBy(entry: Entry, entries: readonly Entry[]): Entry | undefined {
  return entries.find((one) => one.number < entry.number && covers(one.grant, entry.grant));
}

function covers(wide: Grant, narrow: Grant): boolean {
  if (wide.kind !== narrow.kind || !isInBlock(narrow.source, wide.source)) return false;
  if (wide.protocol === "-1") return true;
  if (wide.protocol !== narrow.protocol) return false;
  if (hasPorts(wide.protocol)) return wide.from <= narrow.from && narrow.to <= wide.to;
  return (wide.from === ANY || wide.from === narrow.from) && (wide.to === ANY || wide.to === narrow.to);
}

function isInBlock(narrow: string, wide: string): boolean {
  const [address = "", length] = narrow.split("/");
  if (Number(length) < Number(wide.split("/")[1])) return false;
  return blockOf(wide)?.kind === "ipv4" ? isWithin(address, wide) : blockOf(`${address}/${wide.split("/")[1]}`)?.text === wide;
}
