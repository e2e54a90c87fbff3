import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { editedOf, newRule, type EditedRule } from "./editedRules";
import { effectOf } from "./effect";
import { ANY, opensSsh, type Grant } from "./grant";
import { readingsOf } from "./readings";
import { portRange, protocolName, RULE_TYPES, typeName, typeNamed, typeOf } from "./ruleTypes";

const text = textsOf("en");
const groups = new Set(["sg-1"]);
const edited = (more: Partial<EditedRule>): EditedRule => ({ ...newRule(), sourceType: "anywhereIpv4", ...more });
const read = (more: Partial<EditedRule>): Grant | string => {
  const [reading] = readingsOf([edited(more)], groups).values();
  if ("wanted" in reading!) return reading.wanted.grant;
  return `${reading!.problem.field}: ${text(reading!.problem.text, reading!.problem.values)}`;
};
const grant = (protocol: string, from: number, to: number, source = "0.0.0.0/0", kind: Grant["kind"] = "ipv4"): Grant => ({
  protocol,
  from,
  to,
  kind,
  source,
});

test.each([
  ["SSH", grant("tcp", 22, 22)],
  ["DNS (UDP)", grant("udp", 53, 53)],
  ["allTraffic", grant("-1", ANY, ANY)],
  ["allTcp", grant("tcp", 0, 65535)],
  ["allIcmp", grant("icmp", ANY, ANY)],
  ["allIcmpv6", grant("icmpv6", ANY, ANY)],
])("the type %s fills in protocol and ports", (type, granted) => expect(read({ type })).toEqual(granted));

test.each([
  [{ type: "customTcp", ports: "8080" }, grant("tcp", 8080, 8080)],
  [{ type: "customUdp", ports: "1000 - 2000" }, grant("udp", 1000, 2000)],
  [{ type: "customIcmp", protocol: "8" }, grant("icmp", 8, ANY)],
  [{ type: "customIcmp", protocol: "3", ports: "4" }, grant("icmp", 3, 4)],
  [{ type: "customIcmpv6", protocol: "128" }, grant("icmpv6", 128, ANY)],
  [{ type: "customProtocol", protocol: "50" }, grant("50", ANY, ANY)],
  [{ type: "customProtocol", protocol: "6" }, grant("tcp", 0, 65535)],
  [{ type: "SSH", sourceType: "anywhereIpv6" as const }, grant("tcp", 22, 22, "::/0", "ipv6")],
  [{ type: "SSH", sourceType: "custom" as const, source: " 10.1.2.3/8 " }, grant("tcp", 22, 22, "10.0.0.0/8")],
  [{ type: "SSH", sourceType: "custom" as const, source: "sg-1" }, grant("tcp", 22, 22, "sg-1", "group")],
  [{ type: "SSH", sourceType: "custom" as const, source: "pl-1" }, grant("tcp", 22, 22, "pl-1", "prefixList")],
])("%j is understood", (fields, granted) => expect(read(fields)).toEqual(granted));

test.each([
  [{ type: "customTcp", ports: "70000" }, "ports: TCP/UDP port (70000) out of range"],
  [{ type: "customTcp", ports: "90-80" }, "ports: Invalid TCP/UDP port range (90:80)"],
  [{ type: "customTcp", ports: "ssh" }, "ports: Invalid value 'ssh' for portRange. Give a port, or a range such as 8000-8080."],
  [{ type: "customTcp", ports: "" }, "ports: Must specify both from and to ports with TCP/UDP."],
  [{ type: "customIcmp", protocol: "300" }, "protocol: ICMP type (300) out of range"],
  [{ type: "customIcmp", protocol: "3", ports: "x" }, "ports: ICMP code (x) out of range"],
  [{ type: "customProtocol", protocol: "300" }, "protocol: Invalid value '300' for IP protocol. Unknown protocol."],
  [{ type: "SSH", sourceType: "custom" as const, source: "10.0.0.0" }, "source: CIDR block 10.0.0.0 is malformed"],
  [{ type: "SSH", sourceType: "custom" as const, source: "sg-9" }, "source: The security group 'sg-9' does not exist"],
  [
    { type: "SSH", sourceType: "custom" as const, source: "" },
    "source: Missing source specification: include source security group or CIDR information",
  ],
])("%j is refused in EC2's words", (fields, words) => expect(read(fields)).toBe(words));

test("a description has the characters that EC2 takes", () => {
  expect(read({ type: "SSH", description: "日本" })).toContain("Invalid rule description.");
  expect(read({ type: "SSH", description: "x".repeat(256) })).toContain("Invalid rule description.");
  expect(read({ type: "SSH", description: "from #1 (a-z), [b]!" })).toEqual(grant("tcp", 22, 22));
});

test("the second of two rules that grant the same is a duplicate, however it is written", () => {
  const rules = [
    edited({ type: "SSH", description: "one" }),
    edited({ type: "customTcp", ports: "22-22", sourceType: "custom", source: "1.2.3.4/0", description: "other" }),
    edited({ type: "SSH", sourceType: "anywhereIpv6" }),
  ];
  const problems = [...readingsOf(rules, groups).values()].map((reading) => ("problem" in reading ? reading.problem.text : null));
  expect(problems).toEqual([null, "rule.problem.duplicate", null]);
});

test("a rule is edited as what it is, and unedited it is itself again", () => {
  const grants = [
    ...RULE_TYPES.flatMap(({ protocol, ports }) => (protocol && ports ? [grant(protocol, ...ports)] : [])),
    grant("tcp", 8080, 8080),
    grant("udp", 1, 2, "::/0", "ipv6"),
    grant("icmp", 8, ANY),
    grant("icmp", 3, 4),
    grant("icmp", 77, 0),
    grant("icmpv6", 128, ANY),
    grant("47", ANY, ANY),
    grant("tcp", 22, 22, "sg-1", "group"),
    grant("tcp", 22, 22, "10.0.0.0/8"),
  ];
  const rules = grants.map((one, index) => editedOf({ id: `r${index}`, grant: one, description: "d" }));
  const readings = [...readingsOf(rules, groups).values()];
  expect(readings.map((reading) => "wanted" in reading && reading.wanted.grant)).toEqual(grants);
});

test("a rule is shown in EC2's words", () => {
  const words = (one: Grant): string[] => [typeName(text, typeOf(one)), protocolName(text, one), portRange(text, one)];
  expect(words(grant("tcp", 22, 22))).toEqual(["SSH", "TCP", "22"]);
  expect(words(grant("tcp", 0, 65535))).toEqual(["All TCP", "TCP", "0 - 65535"]);
  expect(words(grant("-1", ANY, ANY))).toEqual(["All traffic", "All", "All"]);
  expect(words(grant("icmp", 8, ANY))).toEqual(["Custom ICMP - IPv4", "ICMP: Echo Request", "All"]);
  expect(words(grant("icmp", 3, 4))).toEqual(["Custom ICMP - IPv4", "ICMP: Destination Unreachable", "4"]);
  expect(words(grant("icmpv6", 77, ANY))).toEqual(["Custom ICMP - IPv6", "IPv6 ICMP: 77", "All"]);
  expect(words(grant("50", ANY, ANY))).toEqual(["Custom protocol", "50", "All"]);
  expect(typeNamed("HTTPS").ports).toEqual([443, 443]);
});

test("SSH is open to the world by any rule that covers its port", () => {
  const open = [grant("tcp", 22, 22), grant("tcp", 0, 65535), grant("-1", ANY, ANY), grant("tcp", 20, 30, "::/0", "ipv6")];
  const shut = [grant("tcp", 23, 80), grant("udp", 22, 22), grant("tcp", 22, 22, "10.0.0.0/8"), grant("tcp", 22, 22, "sg-1", "group")];
  expect([...open, ...shut].map(opensSsh)).toEqual([true, true, true, true, false, false, false, false]);
});

test("what a rule does here is what the server's plan of ports makes of it", () => {
  const effects = (grants: Grant[]): string[] => grants.map((one) => effectOf(one, "inbound", "user"));
  expect(effects([grant("tcp", 22, 22), grant("udp", 100, 131), grant("tcp", 80, 80, "127.0.0.0/8")])).toEqual(Array(3).fill("opens"));
  expect(effects([grant("tcp", 100, 132), grant("-1", ANY, ANY)])).toEqual(["opensPart", "opensPart"]);
  expect(
    effects([
      grant("tcp", 22, 22, "10.0.0.0/8"),
      grant("tcp", 22, 22, "::/0", "ipv6"),
      grant("tcp", 22, 22, "sg-1", "group"),
      grant("tcp", 22, 22, "pl-1", "prefixList"),
      grant("icmp", 8, ANY),
      grant("50", ANY, ANY),
      grant("tcp", 0, 0),
    ]),
  ).toEqual(Array(7).fill("recorded"));
  expect(effectOf(grant("-1", ANY, ANY), "outbound", "user")).toBe("recorded");
  expect(effectOf(grant("tcp", 22, 22), "inbound", "simulated")).toBe("recorded");
});

test("in a VPC that carries packets every rule acts but those for IPv6", () => {
  const grants = [grant("tcp", 22, 22, "sg-1", "group"), grant("icmp", 8, ANY, "10.0.0.0/8"), grant("tcp", 22, 22, "::/0", "ipv6")];
  expect(grants.map((one) => effectOf(one, "outbound", "vpc"))).toEqual(["enforced", "enforced", "recorded"]);
});
