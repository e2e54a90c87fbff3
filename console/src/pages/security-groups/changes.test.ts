import { expect, test } from "vitest";
import { changesOf, countOf, firstSteps, MOST_RULES, stepsOf } from "./changes";
import type { Present, Wanted } from "./editedRules";
import { ALL_OUT, ANY, grantOf, type Grant } from "./grant";

const tcp = (port: number, source = "0.0.0.0/0", to = port): Grant => ({
  protocol: "tcp",
  from: port,
  to,
  kind: source.startsWith("sg-") ? "group" : source.includes(":") ? "ipv6" : "ipv4",
  source,
});
const icmp = (type: number, code = ANY): Grant => ({ ...tcp(type), protocol: "icmp", to: code });
const present = (id: string, grant: Grant, description = ""): Present => ({ id, grant, description });
const wanted = (id: string | undefined, grant: Grant, description = ""): Wanted => ({ id, grant, description });

const steps = (before: Present[], after: Wanted[]) => stepsOf("sg-1", "inbound", before, changesOf(before, after));
const calls = (before: Present[], after: Wanted[]) => steps(before, after).map(({ action, parameters }) => [action, parameters]);

test("where nothing changed nothing is called", () => {
  const rules = [present("a", tcp(22)), present("b", tcp(80, "::/0"), "web"), present("c", ALL_OUT)];
  expect(calls(rules, rules)).toEqual([]);
  expect(countOf(changesOf(rules, rules))).toBe(0);
});

test("a description alone changes by the action for descriptions, and is left out where it goes", () => {
  const before = [present("a", tcp(22), "old"), present("b", tcp(80), "old"), present("c", tcp(81), "kept")];
  expect(calls(before, [wanted("a", tcp(22), "new"), wanted("b", tcp(80)), wanted("c", tcp(81), "kept")])).toEqual([
    [
      "UpdateSecurityGroupRuleDescriptionsIngress",
      {
        GroupId: "sg-1",
        SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: "a", Description: "new" }, { SecurityGroupRuleId: "b" }],
      },
    ],
  ]);
});

test("a rule of another port keeps its id", () => {
  expect(calls([present("a", tcp(22), "ssh")], [wanted("a", tcp(2222), "ssh")])).toEqual([
    [
      "ModifySecurityGroupRules",
      {
        GroupId: "sg-1",
        SecurityGroupRules: [
          {
            SecurityGroupRuleId: "a",
            SecurityGroupRule: { IpProtocol: "tcp", FromPort: 2222, ToPort: 2222, CidrIpv4: "0.0.0.0/0", Description: "ssh" },
          },
        ],
      },
    ],
  ]);
});

test("a rule that is gone is revoked by its id", () => {
  expect(calls([present("a", tcp(22)), present("b", tcp(80))], [wanted("a", tcp(22))])).toEqual([
    ["RevokeSecurityGroupIngress", { GroupId: "sg-1", SecurityGroupRuleIds: ["b"] }],
  ]);
});

test("outbound rules have the actions for egress", () => {
  const changes = changesOf([present("a", ALL_OUT), present("b", tcp(80), "x")], [wanted("b", tcp(80)), wanted(undefined, tcp(443))]);
  expect(stepsOf("sg-1", "outbound", [], changes).map(({ action }) => action)).toEqual([
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupEgress",
  ]);
});

test("what is deleted and written again in another row is in no call: the group has it all the time", () => {
  const before = [present("a", tcp(22)), present("b", tcp(80))];
  expect(calls(before, [wanted("b", tcp(80)), wanted(undefined, tcp(22))])).toEqual([]);
});

test("two rules that change places are in no call", () => {
  const before = [present("a", tcp(22)), present("b", tcp(80))];
  expect(calls(before, [wanted("a", tcp(80)), wanted("b", tcp(22))])).toEqual([]);
});

test("a row that takes over what another rule grants leaves that rule alone, and its own is revoked", () => {
  const before = [present("a", tcp(22)), present("b", tcp(80))];
  expect(calls(before, [wanted("a", tcp(80))])).toEqual([
    ["RevokeSecurityGroupIngress", { GroupId: "sg-1", SecurityGroupRuleIds: ["a"] }],
  ]);
  // Its row says something new: the rule itself is needed elsewhere, so what is new is a rule of its own.
  expect(calls(before, [wanted("a", tcp(80)), wanted("b", tcp(443))]).map(([action]) => action)).toEqual([
    "AuthorizeSecurityGroupIngress",
    "RevokeSecurityGroupIngress",
  ]);
});

test("no call but one for descriptions names a rule that is before and after", () => {
  const before = [present("a", tcp(22)), present("b", tcp(80)), present("c", icmp(8)), present("d", ALL_OUT)];
  const after = [wanted("b", tcp(22)), wanted("a", tcp(443)), wanted("d", tcp(1, "sg-2")), wanted(undefined, icmp(8), "ping")];
  const planned = steps(before, after);
  const changing = planned.filter(({ action }) => !action.startsWith("Update"));
  expect(JSON.stringify(changing)).not.toMatch(/"[ac]"/);
  expect(planned.map(({ action }) => action)).toEqual([
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "AuthorizeSecurityGroupIngress",
    "RevokeSecurityGroupIngress",
  ]);
});

test("another kind of source is another rule, added before the old one goes", () => {
  const before = [present("a", tcp(22))];
  for (const [source, permission] of [
    ["::/0", { Ipv6Ranges: [{ CidrIpv6: "::/0", Description: "d" }] }],
    ["sg-2", { UserIdGroupPairs: [{ GroupId: "sg-2", Description: "d" }] }],
  ] as const) {
    expect(calls(before, [wanted("a", tcp(22, source), "d")])).toEqual([
      ["AuthorizeSecurityGroupIngress", { GroupId: "sg-1", IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, ...permission }] }],
      ["RevokeSecurityGroupIngress", { GroupId: "sg-1", SecurityGroupRuleIds: ["a"] }],
    ]);
  }
});

test("IPv6 and group sources of the same kind are modified", () => {
  const before = [present("a", tcp(22, "::/0")), present("b", tcp(22, "sg-1"))];
  const [modify] = steps(before, [wanted("a", tcp(22, "2001:db8::/32")), wanted("b", tcp(22, "sg-2"))]);
  expect(modify!.parameters).toEqual({
    GroupId: "sg-1",
    SecurityGroupRules: [
      { SecurityGroupRuleId: "a", SecurityGroupRule: { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv6: "2001:db8::/32" } },
      { SecurityGroupRuleId: "b", SecurityGroupRule: { IpProtocol: "tcp", FromPort: 22, ToPort: 22, ReferencedGroupId: "sg-2" } },
    ],
  });
});

test("ICMP's type and code tell rules apart, and protocols without ports are asked for without", () => {
  const before = [present("a", icmp(8)), present("b", icmp(3, 4))];
  const all: Grant = { ...ALL_OUT, protocol: "-1" };
  const esp: Grant = { ...ALL_OUT, protocol: "50" };
  expect(calls(before, [wanted("a", icmp(8)), wanted("b", icmp(3, 4)), wanted(undefined, icmp(8, 0)), wanted(undefined, all), wanted(undefined, esp)])).toEqual([
    [
      "AuthorizeSecurityGroupIngress",
      {
        GroupId: "sg-1",
        IpPermissions: [
          { IpProtocol: "icmp", FromPort: 8, ToPort: 0, IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
          { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
          { IpProtocol: "50", IpRanges: [{ CidrIp: "0.0.0.0/0" }] },
        ],
      },
    ],
  ]);
});

test("a group that has no room for old and new together loses the old first", () => {
  const before = Array.from({ length: MOST_RULES }, (_, port) => present(`r${port}`, tcp(port + 1)));
  const after = [wanted(undefined, tcp(1, "::/0")), ...before.slice(1)];
  expect(steps(before, after).map(({ action }) => action)).toEqual(["RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"]);
  expect(steps(before.slice(1), after).map(({ action }) => action)).toEqual(["AuthorizeSecurityGroupIngress"]);
});

test("a rule of the cloud grants what DescribeSecurityGroupRules says, in whatever form it says so", () => {
  expect(grantOf({ IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "10.0.0.0/8" })).toEqual(tcp(22, "10.0.0.0/8"));
  expect(grantOf({ IpProtocol: "-1", FromPort: -1, ToPort: -1, CidrIpv4: "0.0.0.0/0" })).toEqual(ALL_OUT);
  expect(grantOf({ IpProtocol: "-1", CidrIpv6: "::/0" })).toEqual({ ...ALL_OUT, kind: "ipv6", source: "::/0" });
  expect(grantOf({ IpProtocol: "icmp", FromPort: 8, ToPort: -1, CidrIpv4: "0.0.0.0/0" })).toEqual(icmp(8));
  expect(grantOf({ IpProtocol: "tcp", FromPort: 1, ToPort: 2, ReferencedGroupInfo: { GroupId: "sg-9" } })).toEqual(tcp(1, "sg-9", 2));
});

test("a new group needs no call for the rule that lets everything out, and one to be rid of it", () => {
  expect(firstSteps("sg-1", [], [wanted(undefined, ALL_OUT)])).toEqual([]);
  expect(firstSteps("sg-1", [], [wanted(undefined, ALL_OUT, "all")]).map(({ action, parameters }) => [action, parameters])).toEqual([
    [
      "UpdateSecurityGroupRuleDescriptionsEgress",
      { GroupId: "sg-1", IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "all" }] }] },
    ],
  ]);
  const actions = firstSteps("sg-1", [wanted(undefined, tcp(22))], [wanted(undefined, tcp(443))]).map(({ action }) => action);
  expect(actions).toEqual(["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"]);
});

test("a rule that names a prefix list is one, and keeps its id under another port", () => {
  const list = grantOf({ IpProtocol: "tcp", FromPort: 22, ToPort: 22, PrefixListId: "pl-1" });
  expect(list).toEqual({ ...tcp(22), kind: "prefixList", source: "pl-1" });
  const request = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
  const changed = { ...list, from: 80, to: 80 };
  expect(calls([present("a", list)], [wanted("a", changed)])).toEqual([
    [
      "ModifySecurityGroupRules",
      { GroupId: "sg-1", SecurityGroupRules: [{ SecurityGroupRuleId: "a", SecurityGroupRule: { ...request, PrefixListId: "pl-1" } }] },
    ],
  ]);
  expect(calls([], [wanted(undefined, changed)])).toEqual([
    ["AuthorizeSecurityGroupIngress", { GroupId: "sg-1", IpPermissions: [{ ...request, PrefixListIds: [{ PrefixListId: "pl-1" }] }] }],
  ]);
});
