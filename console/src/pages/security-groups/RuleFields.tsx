/** The fields of one rule that is edited. What its type fills in is shown, and cannot be changed. */
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import type { SecurityGroup } from "../../api/types";
import { useText } from "../../texts/texts";
import { sourceOf, type EditedRule, type EditedTraffic, type SourceType } from "./editedRules";
import { isIcmp } from "./grant";
import { icmpTypes, portRange, protocolName, RULE_TYPES, typeName, typeNamed } from "./ruleTypes";

interface Properties {
  rule: EditedRule;
  change: (more: Partial<EditedRule>) => void;
}

/** Of any rule, also of a network ACL's. */
interface TrafficProperties {
  rule: EditedTraffic;
  change: (more: Partial<EditedTraffic>) => void;
}

/** A group that a rule may name. */
export interface GroupOption {
  value: string;
  label: string;
  description: string;
}

export function groupOptions(groups: ReadonlyMap<string, SecurityGroup>): GroupOption[] {
  return [...groups].map(([value, group]) => ({ value, label: group.GroupName ?? "", description: value }));
}

export function TypeField({ rule, change }: TrafficProperties): ReactNode {
  const text = useText();
  const options = RULE_TYPES.map((type) => ({ value: type.id, label: typeName(text, type) }));
  return (
    <Select
      selectedOption={options.find(({ value }) => value === rule.type)!}
      options={options}
      filteringType="auto"
      filteringAriaLabel={text("find")}
      onChange={({ detail }) => change({ type: detail.selectedOption.value!, protocol: "", ports: "" })}
    />
  );
}

export function ProtocolField({ rule, change }: TrafficProperties): ReactNode {
  const text = useText();
  const type = typeNamed(rule.type);
  if (type.protocol === null) {
    return <Input value={rule.protocol} inputMode="numeric" placeholder="50" onChange={({ detail }) => change({ protocol: detail.value })} />;
  }
  if (!isIcmp(type.protocol) || type.ports !== null) {
    return <Input value={protocolName(text, { protocol: type.protocol, from: type.ports?.[0] ?? 0 })} disabled />;
  }
  const options = icmpTypes(type.protocol).map(([value, label]) => ({ value, label: `${label} (${value})` }));
  const chosen = rule.protocol === "" ? null : (options.find(({ value }) => value === rule.protocol) ?? { value: rule.protocol });
  return (
    <Select
      selectedOption={chosen}
      options={options}
      filteringType="auto"
      filteringAriaLabel={text("find")}
      placeholder={text("rule.icmpType")}
      onChange={({ detail }) => change({ protocol: detail.selectedOption.value! })}
    />
  );
}

export function PortsField({ rule, change }: TrafficProperties): ReactNode {
  const text = useText();
  const type = typeNamed(rule.type);
  if (type.ports !== null) {
    const [from, to] = type.ports;
    return <Input value={portRange(text, { protocol: type.protocol ?? "", from, to })} disabled />;
  }
  const placeholder = isIcmp(type.protocol ?? "") ? text("rule.all") : "0";
  return <Input value={rule.ports} placeholder={placeholder} onChange={({ detail }) => change({ ports: detail.value })} />;
}

export function SourceTypeField({ rule, change }: Properties): ReactNode {
  const text = useText();
  const options: { value: SourceType; label: string }[] = [
    { value: "custom", label: text("rule.custom") },
    { value: "anywhereIpv4", label: text("rule.anywhereIpv4") },
    { value: "anywhereIpv6", label: text("rule.anywhereIpv6") },
  ];
  return (
    <Select
      selectedOption={options.find(({ value }) => value === rule.sourceType)!}
      options={options}
      onChange={({ detail }) => change({ sourceType: detail.selectedOption.value as SourceType })}
    />
  );
}

export function SourceField({ rule, change, groups }: Properties & { groups: readonly GroupOption[] }): ReactNode {
  const text = useText();
  if (rule.sourceType !== "custom") return <Input value={sourceOf(rule)} disabled />;
  return (
    <Autosuggest
      value={rule.source}
      options={[{ label: text("securityGroups"), options: groups }]}
      placeholder="10.0.0.0/16, sg-…, pl-…"
      enteredTextLabel={(value) => text("rule.use", { value })}
      empty={text("rule.noGroupMatches")}
      onChange={({ detail }) => change({ source: detail.value })}
    />
  );
}
