/** Fields that many forms have. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import { useText, type TextKey } from "../texts/texts";

interface Field {
  label: TextKey;
  value: string;
  onChange: (value: string) => void;
  /** What it takes. */
  constraint?: string;
  description?: string;
}

/** The label of a field that may be left empty. */
export function Optional({ label }: { label: TextKey }): ReactNode {
  const text = useText();
  return (
    <span>
      {text(label)} <i>- {text("createImage.optional")}</i>
    </span>
  );
}

/** A line of text. */
export function TextField({ label, value, onChange, constraint, description, optional = false }: Field & { optional?: boolean }): ReactNode {
  const text = useText();
  return (
    <FormField
      label={optional ? <Optional label={label} /> : text(label)}
      constraintText={constraint}
      description={description}
      stretch
    >
      <Input value={value} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}

/** A whole number, as it is typed. */
export function NumberField({ label, value, onChange, constraint, description }: Field): ReactNode {
  const text = useText();
  return (
    <FormField label={text(label)} constraintText={constraint} description={description}>
      <Input type="number" inputMode="numeric" step={1} value={value} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}

/** One of several. */
export function ChoiceField({
  label,
  value,
  onChange,
  constraint,
  description,
  options,
  empty = "",
  filtered = false,
}: Field & { options: readonly SelectProps.Option[]; empty?: string; filtered?: boolean }): ReactNode {
  const text = useText();
  return (
    <FormField label={text(label)} constraintText={constraint} description={description}>
      <Select
        selectedOption={options.find((option) => option.value === value) ?? null}
        options={options}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
        filteringType={filtered ? "auto" : "none"}
        filteringAriaLabel={text(label)}
        placeholder={empty}
        empty={empty}
        expandToViewport
      />
    </FormField>
  );
}

/** A whole number that was typed; undefined where it is none. */
export function whole(typed: string): number | undefined {
  return /^\d+$/.test(typed) ? Number(typed) : undefined;
}
