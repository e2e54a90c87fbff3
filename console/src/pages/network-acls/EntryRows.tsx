/** Rules of a network ACL in rows that can be edited, each field with what EC2 has against it. */
import AttributeEditor, { type AttributeEditorProps } from "@cloudscape-design/components/attribute-editor";
import Box from "@cloudscape-design/components/box";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import { useText, type Text } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { PortsField, ProtocolField, TypeField } from "../security-groups/RuleFields";
import { entriesIn, newEntry, type EditedEntry, type Fault, type Reading } from "./editedEntries";
import { decidedBy } from "./entries";

interface Properties {
  way: Direction;
  entries: readonly EditedEntry[];
  readings: ReadonlyMap<number, Reading>;
  onChange: (entries: EditedEntry[]) => void;
}

/** The widths of the fields: one row where there is room, else two, else a field below the other. */
const LAYOUT: AttributeEditorProps.GridLayout[] = [
  { breakpoint: "m", rows: [[3, 6, 5, 4, 5, 3]], removeButton: { width: "auto" } },
  { breakpoint: "xs", rows: [[2, 4, 4], [3, 4, 3]] },
  { rows: [[1], [1], [1], [1], [1], [1]] },
];

export function EntryRows({ way, entries, readings, onChange }: Properties): ReactNode {
  const text = useText();
  const change = (entry: EditedEntry) => (more: Partial<EditedEntry>) =>
    onChange(entries.map((one) => (one.key === entry.key ? { ...entry, ...more } : one)));
  const errorOf = (field: Fault["field"]) => ({ key }: EditedEntry) => {
    const reading = readings.get(key);
    if (reading === undefined || "entry" in reading || reading.fault.missing || reading.fault.field !== field) return undefined;
    return text(reading.fault.text, reading.fault.values);
  };
  const neverOf = ({ key }: EditedEntry): string | undefined => {
    const reading = readings.get(key);
    if (reading === undefined || "fault" in reading) return undefined;
    const first = decidedBy(reading.entry, entriesIn(readings));
    return first && text("acl.never", { number: first.number });
  };
  const actions = [
    { value: "allow", label: text("acl.allow") },
    { value: "deny", label: text("acl.deny") },
  ];
  return (
    <AttributeEditor<EditedEntry>
      items={entries}
      gridLayout={LAYOUT}
      definition={[
        {
          label: text("acl.number"),
          errorText: errorOf("number"),
          warningText: neverOf,
          control: (entry) => (
            <Input value={entry.number} inputMode="numeric" onChange={({ detail }) => change(entry)({ number: detail.value.trim() })} />
          ),
        },
        { label: text("rule.type"), control: (entry) => <TypeField rule={entry} change={change(entry)} /> },
        { label: text("rule.protocol"), errorText: errorOf("protocol"), control: (entry) => <ProtocolField rule={entry} change={change(entry)} /> },
        { label: text("rule.ports"), errorText: errorOf("ports"), control: (entry) => <PortsField rule={entry} change={change(entry)} /> },
        {
          label: text(way === "inbound" ? "rule.source" : "rule.destination"),
          errorText: errorOf("source"),
          control: (entry) => (
            <Input value={entry.block} placeholder="10.0.0.0/16" onChange={({ detail }) => change(entry)({ block: detail.value })} />
          ),
        },
        {
          label: text("acl.action"),
          control: (entry) => (
            <Select
              selectedOption={actions[entry.allow ? 0 : 1]!}
              options={actions}
              onChange={({ detail }) => change(entry)({ allow: detail.selectedOption.value === "allow" })}
            />
          ),
        },
      ]}
      addButtonText={text("acl.add")}
      onAddButtonClick={() => onChange([...entries, newEntry(entries)])}
      removeButtonText={text("remove")}
      removeButtonAriaLabel={({ number }) => `${text("remove")} ${number}`}
      onRemoveButtonClick={({ detail }) => onChange(entries.filter((_, index) => index !== detail.itemIndex))}
      i18nStrings={{ itemRemovedAriaLive: text("rule.deleted") }}
      additionalInfo={<Box color="text-body-secondary">{text("acl.last")}</Box>}
      empty={text("acl.none")}
    />
  );
}

/** Why the rules cannot be sent: what the first one that is wrong lacks; null where they can. */
export function faultOf(text: Text, entries: readonly EditedEntry[], readings: ReadonlyMap<number, Reading>): string | null {
  const wrong = entries.find(({ key }) => "fault" in readings.get(key)!);
  if (wrong === undefined) return null;
  const { fault } = readings.get(wrong.key) as { fault: Fault };
  return text("rule.problem.in", { number: wrong.number, problem: text(fault.text, fault.values) });
}
