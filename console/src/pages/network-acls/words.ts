/** Entries of network ACLs in words. Pure. */
import type { Text } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { portRange, protocolName, typeName, typeOf } from "../security-groups/ruleTypes";
import { isLast, numberOf, type Entry } from "./entries";

/** `100`, or `*` for what is left. */
export function numberText(entry: Entry): string {
  return isLast(entry) ? "*" : String(entry.number);
}

/** `TCP (6)`, as EC2 writes protocols of network ACLs. */
export function protocolText(text: Text, { grant }: Entry): string {
  const [name, number] = [protocolName(text, grant), numberOf(grant.protocol)];
  return number === grant.protocol ? name : `${name} (${number})`;
}

/** `SSH (22)`: services with their port, as the console has them for network ACLs. */
export function typeText(text: Text, { grant }: Entry): string {
  const type = typeOf(grant);
  const [name, port] = [typeName(text, type), type.ports?.[0]];
  return type.name === null && !name.includes("(") ? `${name} (${port})` : name;
}

export function actionText(text: Text, { allow }: Entry): string {
  return text(allow ? "acl.allow" : "acl.deny");
}

/** `100: Allow SSH, TCP 22 from 10.0.0.0/8`. */
export function entryText(text: Text, entry: Entry, way: Direction): string {
  const { grant } = entry;
  const values = {
    number: numberText(entry),
    action: actionText(text, entry),
    type: typeName(text, typeOf(grant)),
    protocol: protocolName(text, grant),
    ports: portRange(text, grant),
  };
  return way === "inbound" ? text("acl.from", { ...values, source: grant.source }) : text("acl.to", { ...values, destination: grant.source });
}
