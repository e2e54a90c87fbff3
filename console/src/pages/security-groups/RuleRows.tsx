/** Rules of one way in rows that can be edited, each field with what EC2 has against it. */
import AttributeEditor, { type AttributeEditorProps } from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import { newRule, type EditedRule } from "./editedRules";
import type { Direction } from "./grant";
import type { Field, Reading } from "./readings";
import { PortsField, ProtocolField, SourceField, SourceTypeField, TypeField, type GroupOption } from "./RuleFields";

interface Properties {
  way: Direction;
  rules: readonly EditedRule[];
  readings: ReadonlyMap<number, Reading>;
  groups: readonly GroupOption[];
  /** Whether none of them is a rule of the cloud yet. */
  areNew?: boolean;
  onChange: (rules: EditedRule[]) => void;
}

/** The widths of the fields: one row where there is room, else two, else a field below the other. */
const LAYOUT: AttributeEditorProps.GridLayout[] = [
  { breakpoint: "m", rows: [[10, 8, 6, 6, 8, 9, 9]], removeButton: { width: "auto" } },
  { breakpoint: "xs", rows: [[3, 3, 3, 2], [3, 4, 4]] },
  { rows: [[1], [1], [1], [1], [1], [1], [1]] },
];
/** Likewise, without ids. */
const LAYOUT_OF_NEW: AttributeEditorProps.GridLayout[] = [
  { breakpoint: "m", rows: [[9, 6, 5, 8, 10, 10]], removeButton: { width: "auto" } },
  { breakpoint: "xs", rows: [[3, 3, 2], [3, 4, 4]] },
  { rows: [[1], [1], [1], [1], [1], [1]] },
];

export function RuleRows({ way, rules, readings, groups, areNew = false, onChange }: Properties): ReactNode {
  const text = useText();
  const change = (rule: EditedRule) => (more: Partial<EditedRule>) =>
    onChange(rules.map((one) => (one.number === rule.number ? { ...rule, ...more } : one)));
  const errorOf = (field: Field) => (rule: EditedRule) => {
    const reading = readings.get(rule.number);
    if (reading === undefined || "wanted" in reading || reading.problem.missing || reading.problem.field !== field) return undefined;
    return text(reading.problem.text, reading.problem.values);
  };
  return (
    <AttributeEditor
      items={rules}
      gridLayout={areNew ? LAYOUT_OF_NEW : LAYOUT}
      definition={[
        ...(areNew ? [] : [{ label: text("rule.id"), control: (rule: EditedRule) => <Input value={rule.id ?? "–"} readOnly /> }]),
        { label: text("rule.type"), control: (rule: EditedRule) => <TypeField rule={rule} change={change(rule)} /> },
        {
          label: text("rule.protocol"),
          errorText: errorOf("protocol"),
          control: (rule: EditedRule) => <ProtocolField rule={rule} change={change(rule)} />,
        },
        {
          label: text("rule.ports"),
          errorText: errorOf("ports"),
          control: (rule: EditedRule) => <PortsField rule={rule} change={change(rule)} />,
        },
        {
          label: text(way === "inbound" ? "rule.sourceType" : "rule.destinationType"),
          control: (rule: EditedRule) => <SourceTypeField rule={rule} change={change(rule)} />,
        },
        {
          label: text(way === "inbound" ? "rule.source" : "rule.destination"),
          errorText: errorOf("source"),
          control: (rule: EditedRule) => <SourceField rule={rule} change={change(rule)} groups={groups} />,
        },
        {
          label: text("rule.descriptionOptional"),
          errorText: errorOf("description"),
          control: (rule: EditedRule) => (
            <Input value={rule.description} onChange={({ detail }) => change(rule)({ description: detail.value })} />
          ),
        },
      ]}
      addButtonText={text("rule.add")}
      onAddButtonClick={() => onChange([...rules, newRule()])}
      removeButtonText={text("delete")}
      removeButtonAriaLabel={(rule) => text("rule.delete", { number: rules.indexOf(rule) + 1 })}
      onRemoveButtonClick={({ detail }) => onChange(rules.filter((_, index) => index !== detail.itemIndex))}
      i18nStrings={{ itemRemovedAriaLive: text("rule.deleted") }}
      empty={text(way === "inbound" ? "rules.noneInbound" : "rules.noneOutbound")}
    />
  );
}
