/** What the fields of rules come to, or why EC2 would refuse them. Pure. */
import type { TextKey } from "../../texts/texts";
import { blockOf } from "./cidr";
import { sourceOf, type EditedRule, type EditedTraffic, type Wanted } from "./editedRules";
import { ANY, hasPorts, isIcmp, keyOf, LAST_PORT, protocolOf, type Grant } from "./grant";
import { typeNamed } from "./ruleTypes";

export type Field = "protocol" | "ports" | "source" | "description";

/** Why a rule is not one yet, in EC2's words. */
export interface Problem {
  field: Field;
  text: TextKey;
  values: Record<string, string>;
  /** Whether it is only not filled in yet. */
  missing: boolean;
}

export type Reading = { wanted: Wanted } | { problem: Problem };

const DESCRIPTION = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const LAST_NUMBER = 255; // of protocols, ICMP's types and codes

/** What each rule comes to, by its number; `groups` are those that a rule may name. */
export function readingsOf(rules: readonly EditedRule[], groups: { has: (id: string) => boolean }): Map<number, Reading> {
  const seen = new Set<string>();
  return new Map(
    rules.map((rule): [number, Reading] => {
      const reading = readingOf(rule, groups);
      if ("problem" in reading) return [rule.number, reading];
      const key = keyOf(reading.wanted.grant);
      if (seen.has(key)) return [rule.number, { problem: problem("source", "rule.problem.duplicate") }];
      seen.add(key);
      return [rule.number, reading];
    }),
  );
}

function readingOf(rule: EditedRule, groups: { has: (id: string) => boolean }): Reading {
  const ports = portsOf(rule);
  if ("problem" in ports) return ports;
  const source = readSource(sourceOf(rule), groups);
  if ("problem" in source) return source;
  if (!DESCRIPTION.test(rule.description)) return { problem: problem("description", "rule.problem.description") };
  return { wanted: { id: rule.id, grant: { ...ports, ...source }, description: rule.description } };
}

/** The protocol and the ports that the fields name. */
export function portsOf(rule: EditedTraffic): Pick<Grant, "protocol" | "from" | "to"> | { problem: Problem } {
  const type = typeNamed(rule.type);
  if (type.protocol === null) return numbered(rule.protocol.trim());
  if (type.ports !== null) return { protocol: type.protocol, from: type.ports[0], to: type.ports[1] };
  return isIcmp(type.protocol) ? icmp(type.protocol, rule) : ranged(type.protocol, rule.ports.trim());
}

function numbered(given: string): Pick<Grant, "protocol" | "from" | "to"> | { problem: Problem } {
  if (given === "") return { problem: problem("protocol", "rule.problem.noProtocol", {}, true) };
  if (!isNumber(given, LAST_NUMBER)) return { problem: problem("protocol", "rule.problem.protocol", { value: given }) };
  const protocol = protocolOf(given);
  if (hasPorts(protocol)) return { protocol, from: 0, to: LAST_PORT };
  return { protocol, from: ANY, to: ANY };
}

function icmp(protocol: string, rule: EditedTraffic): Pick<Grant, "protocol" | "from" | "to"> | { problem: Problem } {
  const [type, code] = [rule.protocol.trim(), rule.ports.trim()];
  if (type === "") return { problem: problem("protocol", "rule.problem.noIcmpType", {}, true) };
  if (!isNumber(type, LAST_NUMBER)) return { problem: problem("protocol", "rule.problem.icmpType", { value: type }) };
  if (code !== "" && !isNumber(code, LAST_NUMBER)) return { problem: problem("ports", "rule.problem.icmpCode", { value: code }) };
  return { protocol, from: Number(type), to: code === "" ? ANY : Number(code) };
}

function ranged(protocol: string, given: string): Pick<Grant, "protocol" | "from" | "to"> | { problem: Problem } {
  if (given === "") return { problem: problem("ports", "rule.problem.noPorts", {}, true) };
  const [first = "", last = first, ...more] = given.split(/\s*-\s*/);
  if (more.length > 0 || !/^\d+$/.test(first) || !/^\d+$/.test(last)) {
    return { problem: problem("ports", "rule.problem.notPorts", { value: given }) };
  }
  const beyond = [first, last].find((port) => !isNumber(port, LAST_PORT));
  if (beyond !== undefined) return { problem: problem("ports", "rule.problem.port", { value: beyond }) };
  const [from, to] = [Number(first), Number(last)];
  if (from > to) return { problem: problem("ports", "rule.problem.range", { from: first, to: last }) };
  return { protocol, from, to };
}

function readSource(given: string, groups: { has: (id: string) => boolean }): Pick<Grant, "kind" | "source"> | { problem: Problem } {
  if (given === "") return { problem: problem("source", "rule.problem.noSource", {}, true) };
  if (given.startsWith("sg-")) {
    if (!groups.has(given)) return { problem: problem("source", "rule.problem.noGroup", { value: given }) };
    return { kind: "group", source: given };
  }
  if (given.startsWith("pl-")) return { kind: "prefixList", source: given }; // what it is not, EC2 says
  const block = blockOf(given);
  if (block === null) return { problem: problem("source", "rule.problem.block", { value: given }) };
  return { kind: block.kind, source: block.text };
}

function isNumber(text: string, last: number): boolean {
  return /^\d{1,6}$/.test(text) && Number(text) <= last;
}

function problem(field: Field, text: TextKey, values: Record<string, string> = {}, missing = false): Problem {
  return { field, text, values, missing };
}
