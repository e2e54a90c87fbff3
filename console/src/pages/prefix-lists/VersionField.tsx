/** A version of a prefix list, to be chosen. */
import type { ReactNode } from "react";
import { ChoiceField } from "../../resource/fields";

/** `last`: the latest one that is offered. */
export function VersionField({ value, onChange, last }: { value: number; onChange: (version: number) => void; last: number }): ReactNode {
  const versions = Array.from({ length: last }, (_, index) => String(last - index));
  return (
    <ChoiceField
      label="prefixList.version"
      value={String(value)}
      options={versions.map((one) => ({ value: one, label: one }))}
      onChange={(chosen) => onChange(Number(chosen))}
      filtered={versions.length > 10}
    />
  );
}
