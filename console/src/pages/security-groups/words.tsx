/** Rules in words, and where they lead to. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import type { Instance, SecurityGroup } from "../../api/types";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import type { Direction, Grant } from "./grant";
import { groupLabel, sourceName } from "./model";
import { portRange, protocolName, typeName, typeOf } from "./ruleTypes";

/** `SSH: TCP 22 from 10.0.0.0/8`. */
export function ruleText(text: Text, grant: Grant, way: Direction, groups: ReadonlyMap<string, SecurityGroup>): string {
  const values = {
    type: typeName(text, typeOf(grant)),
    protocol: protocolName(text, grant),
    ports: portRange(text, grant),
    source: sourceName(grant, groups),
  };
  return text(way === "inbound" ? "rule.from" : "rule.to", values);
}

/** Links to an instance's security groups, each on a line of its own. */
export function GroupLinks({ region, groups }: { region: string; groups: NonNullable<Instance["SecurityGroups"]> }): ReactNode {
  return groups.map(({ GroupId = "", GroupName = "" }) => (
    <div key={GroupId}>
      <Link href={at(region, "security-groups", GroupId)}>{`${GroupId} | ${GroupName}`}</Link>
    </div>
  ));
}

/** A link to a security group, by its id and name. */
export function GroupLink({ region, id, groups }: { region: string; id: string; groups: ReadonlyMap<string, SecurityGroup> }): ReactNode {
  return <Link href={at(region, "security-groups", id)}>{groupLabel(id, groups)}</Link>;
}

/** The source or destination of a rule: a link to a group or a prefix list, or a block. */
export function SourceLink({ region, grant, groups }: { region: string; grant: Grant; groups: ReadonlyMap<string, SecurityGroup> }): ReactNode {
  if (grant.kind === "group") return <GroupLink region={region} id={grant.source} groups={groups} />;
  return grant.kind === "prefixList" ? <Link href={at(region, "prefix-lists", grant.source)}>{grant.source}</Link> : grant.source;
}
