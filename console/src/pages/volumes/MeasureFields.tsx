/** The fields for a volume's type, size and performance: those that the type has. */
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { ChoiceField, NumberField } from "../../resource/fields";
import { useText } from "../../texts/texts";
import { retyped, type Measures } from "./measures";
import { limitsOf, TYPE_TEXTS, type VolumeTypeName } from "./volumeTypes";

interface Properties {
  value: Measures;
  onChange: (value: Measures) => void;
  /** The least size, in GiB, where that is more than the type's. */
  least?: number;
}

export function MeasureFields({ value, onChange, least = 0 }: Properties): ReactNode {
  const text = useText();
  const limits = limitsOf(value.type);
  const range = (of: readonly [number, number] | undefined): string =>
    of === undefined ? "" : text("volume.range", { least: of[0].toLocaleString(), most: of[1].toLocaleString() });
  const types = Object.entries(TYPE_TEXTS).map(([type, key]) => ({ value: type as VolumeTypeName, label: text(key) }));
  return (
    <SpaceBetween size="l">
      <ChoiceField
        label="volume.type"
        value={value.type}
        options={types}
        onChange={(type) => onChange(retyped(value, type))}
      />
      <NumberField
        label="volume.sizeGib"
        value={value.size}
        constraint={range(limits && [Math.max(least, limits.size[0]), limits.size[1]])}
        onChange={(size) => onChange({ ...value, size })}
      />
      {limits?.iops ? (
        <NumberField
          label="volume.iops"
          value={value.iops}
          constraint={range(limits.iops)}
          onChange={(iops) => onChange({ ...value, iops })}
        />
      ) : (
        value.type === "gp2" && (
          <FormField label={text("volume.iops")}>
            <Box>{text("volume.gp2Iops")}</Box>
          </FormField>
        )
      )}
      {limits?.throughput && (
        <NumberField
          label="volume.throughputMib"
          value={value.throughput}
          constraint={range(limits.throughput)}
          onChange={(throughput) => onChange({ ...value, throughput })}
        />
      )}
    </SpaceBetween>
  );
}
