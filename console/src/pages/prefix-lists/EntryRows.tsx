/** The entries of a prefix list in rows that can be edited. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { EditedEntry } from "./entries";

interface Properties {
  value: readonly EditedEntry[];
  onChange: (value: EditedEntry[]) => void;
  isIpv6: boolean;
}

export function EntryRows({ value, onChange, isIpv6 }: Properties): ReactNode {
  const text = useText();
  const change = (index: number, more: Partial<EditedEntry>): void => onChange(value.with(index, { ...value[index]!, ...more }));
  return (
    <AttributeEditor
      items={value}
      empty={text("prefixList.noEntries")}
      addButtonText={text("prefixList.addEntry")}
      onAddButtonClick={() => onChange([...value, { cidr: "", description: "" }])}
      removeButtonText={text("remove")}
      removeButtonAriaLabel={({ cidr }) => `${text("remove")} ${cidr}`}
      onRemoveButtonClick={({ detail }) => onChange(value.filter((_, index) => index !== detail.itemIndex))}
      definition={[
        {
          label: text("prefixList.cidr"),
          control: ({ cidr }, index) => (
            <Input
              value={cidr}
              placeholder={isIpv6 ? "2001:db8::/32" : "10.0.0.0/16"}
              ariaLabel={text("prefixList.cidr")}
              onChange={({ detail }) => change(index, { cidr: detail.value })}
            />
          ),
        },
        {
          label: text("prefixList.description"),
          control: ({ description }, index) => (
            <Input
              value={description}
              ariaLabel={text("prefixList.description")}
              onChange={({ detail }) => change(index, { description: detail.value })}
            />
          ),
        },
      ]}
    />
  );
}
