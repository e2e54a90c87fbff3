/** From the rules that a group has to those that it is to have: what changes, and the calls that do it. Pure. */
import { step, type Step } from "../../resource/steps";
import type { Present, Wanted } from "./editedRules";
import { ALL_OUT, keyOf, permissionOf, ruleRequestOf, type Direction } from "./grant";

/** EC2's usual limit of rules, each way. */
export const MOST_RULES = 60;

export interface Changes {
  /** These stay, under another description. */
  described: { before: Present; description: string }[];
  added: Wanted[];
  /** These say something else, and keep their ids and tags. */
  modified: { before: Present; after: Wanted }[];
  revoked: Present[];
}

/** What leads from the rules before to those after, neither of which has two that grant the same.
 *
 * A rule that is in both is in no call but for its description, whichever row it was written in. */
export function changesOf(before: readonly Present[], after: readonly Wanted[]): Changes {
  const granted = new Map(before.map((rule) => [keyOf(rule.grant), rule]));
  const kept = new Map(after.flatMap((rule) => (granted.has(keyOf(rule.grant)) ? [[granted.get(keyOf(rule.grant))!, rule]] : [])));
  const free = new Map(before.filter((rule) => !kept.has(rule)).map((rule) => [rule.id, rule]));
  const changes: Changes = { described: [], added: [], modified: [], revoked: [] };
  for (const [rule, { description }] of kept) {
    if (description !== rule.description) changes.described.push({ before: rule, description });
  }
  for (const rule of after.filter((one) => !granted.has(keyOf(one.grant)))) {
    const was = rule.id === undefined ? undefined : free.get(rule.id);
    // EC2 changes no rule's kind of source.
    if (was !== undefined && was.grant.kind === rule.grant.kind) {
      free.delete(was.id);
      changes.modified.push({ before: was, after: rule });
    } else changes.added.push(rule);
  }
  changes.revoked.push(...free.values());
  return changes;
}

/** How many rules change. */
export function countOf({ described, added, modified, revoked }: Changes): number {
  return described.length + added.length + modified.length + revoked.length;
}

/** The calls of a group's changes one way, in their order: what is added comes before what goes, so that traffic that is
 * admitted before and after is admitted all the time. Only where the group has no room for both, what goes goes first. */
export function stepsOf(group: string, way: Direction, before: readonly Present[], changes: Changes): Step[] {
  const { described, added, modified, revoked } = changes;
  const GroupId = group;
  const descriptions = described.map(({ before: { id }, description }) => ({
    SecurityGroupRuleId: id,
    ...(description !== "" && { Description: description }),
  }));
  const updates = modified.map(({ before: { id }, after: { grant, description } }) => ({
    SecurityGroupRuleId: id,
    SecurityGroupRule: ruleRequestOf(grant, description),
  }));
  const names = { inbound: "Ingress", outbound: "Egress" } as const;
  const authorize = some(added, (rules) =>
    step(`AuthorizeSecurityGroup${names[way]}`, { GroupId, IpPermissions: rules.map((rule) => permissionOf(rule.grant, rule.description)) }),
  );
  const revoke = some(revoked, (rules) =>
    step(`RevokeSecurityGroup${names[way]}`, { GroupId, SecurityGroupRuleIds: rules.map(({ id }) => id) }),
  );
  const isFull = before.length + added.length > MOST_RULES;
  return [
    ...some(descriptions, (SecurityGroupRuleDescriptions) =>
      step(`UpdateSecurityGroupRuleDescriptions${names[way]}`, { GroupId, SecurityGroupRuleDescriptions }),
    ),
    ...(isFull ? revoke : []),
    ...authorize,
    ...some(updates, (SecurityGroupRules) => step("ModifySecurityGroupRules", { GroupId, SecurityGroupRules })),
    ...(isFull ? [] : revoke),
  ];
}

/** The calls that give a group its rules that was made just now: its one rule lets everything out. */
export function firstSteps(group: string, inbound: readonly Wanted[], outbound: readonly Wanted[]): Step[] {
  const GroupId = group;
  const isAllOut = ({ grant }: Wanted): boolean => keyOf(grant) === keyOf(ALL_OUT);
  const permissions = (rules: readonly Wanted[]) => rules.map((rule) => permissionOf(rule.grant, rule.description));
  const allOut = outbound.find(isAllOut);
  const others = outbound.filter((rule) => !isAllOut(rule));
  return [
    ...some(inbound, (rules) => step("AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: permissions(rules) })),
    ...some(others, (rules) => step("AuthorizeSecurityGroupEgress", { GroupId, IpPermissions: permissions(rules) })),
    ...(allOut === undefined
      ? [step("RevokeSecurityGroupEgress", { GroupId, IpPermissions: [permissionOf(ALL_OUT, "")] })]
      : allOut.description === ""
        ? []
        : [step("UpdateSecurityGroupRuleDescriptionsEgress", { GroupId, IpPermissions: permissions([allOut]) })]),
  ];
}

function some<T>(items: readonly T[], make: (items: T[]) => Step): Step[] {
  return items.length === 0 ? [] : [make([...items])];
}
