import { expect, test } from "vitest";
import type { NetworkAcl } from "../../api/types";
import { textsOf } from "../../texts/texts";
import { editedOf, entriesIn, newEntry, readingsOf, rebased, type EditedEntry } from "./editedEntries";
import { decidedBy, entriesOf, entryParameters, type Entry } from "./entries";
import { entryCalls } from "./entryCalls";
import { numberText, protocolText, typeText } from "./words";

const text = textsOf("en");
const tcp = (number: number, port: number, source = "0.0.0.0/0", allow = true): Entry => ({
  number,
  allow,
  grant: { protocol: "tcp", from: port, to: port, kind: source.includes(":") ? "ipv6" : "ipv4", source },
});
const all = (number: number, source = "0.0.0.0/0", allow = true): Entry => ({
  number,
  allow,
  grant: { protocol: "-1", from: -1, to: -1, kind: "ipv4", source },
});
const calls = (was: Entry[], wanted: Entry[], is: (after: (entries: readonly Entry[]) => Entry[]) => void = () => undefined) =>
  entryCalls(text, { acl: "acl-1", way: "inbound" }, was, wanted, is);
const names = (was: Entry[], wanted: Entry[]): string[] =>
  calls(was, wanted).map(({ step }) => `${step.action.replace("NetworkAclEntry", "")} ${(step.parameters as { RuleNumber: number }).RuleNumber}`);

const ACL: NetworkAcl = {
  NetworkAclId: "acl-1",
  Entries: [
    { RuleNumber: 32767, Protocol: "-1", RuleAction: "deny", Egress: false, CidrBlock: "0.0.0.0/0" },
    { RuleNumber: 200, Protocol: "1", RuleAction: "allow", Egress: false, CidrBlock: "10.0.0.0/8", IcmpTypeCode: { Type: 8, Code: -1 } },
    { RuleNumber: 100, Protocol: "6", RuleAction: "allow", Egress: false, CidrBlock: "0.0.0.0/0", PortRange: { From: 22, To: 22 } },
    { RuleNumber: 100, Protocol: "58", RuleAction: "deny", Egress: true, Ipv6CidrBlock: "::/0", IcmpTypeCode: { Type: -1, Code: -1 } },
  ],
};

test("entries are in the order in which they are asked, EC2's own last, in its words", () => {
  const entries = entriesOf(ACL, "inbound");
  expect(entries.map((entry) => [numberText(entry), typeText(text, entry), protocolText(text, entry)])).toEqual([
    ["100", "SSH (22)", "TCP (6)"],
    ["200", "Custom ICMP - IPv4", "ICMP: Echo Request (1)"],
    ["*", "All traffic", "All"],
  ]);
  expect(entriesOf(ACL, "outbound")).toMatchObject([{ allow: false, grant: { kind: "ipv6", source: "::/0" } }]);
});

test("an entry becomes the parameters that make it, its protocol by its number", () => {
  const [ssh, ping] = entriesOf(ACL, "inbound");
  const shared = { NetworkAclId: "acl-1", Egress: false, RuleAction: "allow" };
  expect(entryParameters("acl-1", "inbound", ssh!)).toEqual({
    ...{ ...shared, RuleNumber: 100, Protocol: "6", CidrBlock: "0.0.0.0/0", PortRange: { From: 22, To: 22 } },
  });
  expect(entryParameters("acl-1", "inbound", ping!)).toEqual({
    ...{ ...shared, RuleNumber: 200, Protocol: "1", CidrBlock: "10.0.0.0/8", IcmpTypeCode: { Type: 8, Code: -1 } },
  });
  expect(entryParameters("acl-1", "outbound", entriesOf(ACL, "outbound")[0]!)).toMatchObject({ Egress: true, Ipv6CidrBlock: "::/0" });
});

test.each([
  [tcp(200, 22, "10.1.0.0/16"), [tcp(100, 22, "10.0.0.0/8")], 100],
  [tcp(200, 22), [tcp(100, 22, "10.0.0.0/8")], undefined],
  [tcp(200, 22), [all(100, "0.0.0.0/0", false)], 100],
  [all(200), [tcp(100, 22)], undefined],
  [tcp(100, 22), [all(200)], undefined],
  [tcp(200, 22, "::/0"), [all(100)], undefined],
  [tcp(200, 22, "2001:db8::/32"), [tcp(100, 22, "2001::/16")], 100],
])("what never decides is known by the entry that decides before it", (entry, others, by) => {
  expect(decidedBy(entry, others)?.number).toBe(by);
});

test("what keeps its number is replaced, what is new comes before what goes, and what stays is in no call", () => {
  expect(names([tcp(100, 22), tcp(200, 80), tcp(300, 81)], [tcp(100, 22), tcp(200, 8080), tcp(400, 443)])).toEqual([
    "Replace 200",
    "Create 400",
    "Delete 300",
  ]);
  expect(names([tcp(100, 22)], [tcp(100, 22)])).toEqual([]);
});

test("where there is no room for both, what goes goes first, and the cloud is not asked about what comes", () => {
  const full = Array.from({ length: 19 }, (_, index) => tcp(index + 1, 1000 + index)); // EC2's own last one is the 20th
  const order = (was: Entry[]): unknown[] =>
    calls(was, [...was.slice(1), tcp(500, 443)]).map(({ step, isUnasked }) => [step.action, isUnasked ?? false]);
  expect(order(full.slice(1))).toEqual([
    ["CreateNetworkAclEntry", false],
    ["DeleteNetworkAclEntry", false],
  ]);
  expect(order(full)).toEqual([
    ["DeleteNetworkAclEntry", false],
    ["CreateNetworkAclEntry", true],
  ]);
});

test("once a call was made, the ACL has what it came to", () => {
  let known: Entry[] = [tcp(100, 22), tcp(200, 80), tcp(300, 81)];
  const wanted = [tcp(50, 53), tcp(100, 22), tcp(200, 8080)];
  for (const { forget } of calls(known, wanted, (after) => (known = after(known)))) forget();
  expect(known).toEqual(wanted);
});

test("what is edited reads back as it was, and numbers are EC2's", () => {
  const entries = [...entriesOf(ACL, "inbound").slice(0, 2), all(300), tcp(400, 53, "::/0")];
  expect(entriesIn(readingsOf(entries.map(editedOf)))).toEqual(entries);
  const faults = (more: Partial<EditedEntry>[]): unknown[] =>
    [...readingsOf(more.map((one) => ({ ...editedOf(tcp(1, 22)), ...one }))).values()].map((one) => ("fault" in one ? one.fault.text : null));
  expect(faults([{ number: "0" }, { number: "32767" }, { number: "x" }, { block: "10.0.0.0" }, {}, {}])).toEqual([
    "acl.fault.number",
    "acl.fault.number",
    "acl.fault.number",
    "rule.problem.block",
    null,
    "acl.fault.taken",
  ]);
  expect(newEntry([editedOf(tcp(150, 22))]).number).toBe("200");
  expect(newEntry([editedOf(tcp(32766, 22))]).number).toBe("32766");
});

test("what others changed meanwhile is followed where the reader did not change it", () => {
  const was = [tcp(100, 22), tcp(200, 80), tcp(300, 81), tcp(400, 82)];
  const typed = { ...newEntry([]), number: "" }; // half typed
  const edited = [...[tcp(100, 22), tcp(200, 8080), tcp(300, 81)].map(editedOf), typed]; // 200 is changed here, 400 removed
  const is = [tcp(100, 2222), tcp(200, 443), tcp(400, 82), tcp(500, 53)]; // 100, 200 changed there, 300 removed, 500 added
  const after = rebased(edited, readingsOf(edited), was, is);
  expect(entriesIn(readingsOf(after)).map(({ number, grant }) => [number, grant.from])).toEqual([
    [100, 2222],
    [200, 8080],
    [500, 53],
  ]);
  expect(after.at(-2)).toBe(typed);
});
