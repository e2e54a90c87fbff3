/** Rules while they are edited, as texts of fields. Pure. */
import { ANY, hasPorts, isIcmp, type Grant } from "./grant";
import { typeOf } from "./ruleTypes";

export type SourceType = "custom" | "anywhereIpv4" | "anywhereIpv6";

/** What a rule is about, as its fields have it. */
export interface EditedTraffic {
  type: string;
  /** The number of a protocol, or ICMP's type, where the type of the rule leaves it open. */
  protocol: string;
  /** A port, a range, or ICMP's code, where the type of the rule leaves it open. */
  ports: string;
}

/** A rule as its fields have it. */
export interface EditedRule extends EditedTraffic {
  /** Tells it from the others, whatever its fields say. */
  number: number;
  /** The rule of the cloud that it is; undefined where it is new. */
  id: string | undefined;
  sourceType: SourceType;
  source: string;
  description: string;
}

/** A rule of the cloud. */
export interface Present {
  id: string;
  grant: Grant;
  description: string;
}

/** A rule as it is to be. */
export interface Wanted {
  id: string | undefined;
  grant: Grant;
  description: string;
}

const ANYWHERE: Record<Exclude<SourceType, "custom">, string> = { anywhereIpv4: "0.0.0.0/0", anywhereIpv6: "::/0" };

let count = 0;

export function newRule(): EditedRule {
  return { number: ++count, id: undefined, type: "customTcp", protocol: "", ports: "", sourceType: "custom", source: "", description: "" };
}

/** A rule of the cloud, to be edited. */
export function editedOf({ id, grant, description }: Wanted): EditedRule {
  const anywhere = (Object.keys(ANYWHERE) as (keyof typeof ANYWHERE)[]).find((one) => ANYWHERE[one] === grant.source);
  return {
    number: ++count,
    id,
    ...trafficOf(grant),
    sourceType: anywhere ?? "custom",
    source: anywhere === undefined ? grant.source : "",
    description,
  };
}

/** What is granted, to be edited. */
export function trafficOf(grant: Grant): EditedTraffic {
  const type = typeOf(grant);
  return {
    type: type.id,
    protocol: type.protocol === null ? grant.protocol : isIcmp(grant.protocol) && grant.from !== ANY ? String(grant.from) : "",
    ports: type.ports === null ? openPorts(grant) : "",
  };
}

function openPorts({ protocol, from, to }: Grant): string {
  if (hasPorts(protocol)) return from === to ? String(from) : `${from}-${to}`;
  return to === ANY ? "" : String(to);
}

/** The source that the fields name. */
export function sourceOf({ sourceType, source }: Pick<EditedRule, "sourceType" | "source">): string {
  return sourceType === "custom" ? source.trim() : ANYWHERE[sourceType];
}
