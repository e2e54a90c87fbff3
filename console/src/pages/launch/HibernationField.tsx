/** Stop - Hibernate behavior: whether the instance can be hibernated, which is decided at its launch. */
import FormField from "@cloudscape-design/components/form-field";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { InstanceTypeInfo } from "../../api/types";
import { useText } from "../../texts/texts";
import { fastLaunchOf, isOn } from "../images/fastLaunch";

interface Properties {
  value: boolean;
  onChange: (value: boolean) => void;
  region: string;
  imageId: string;
  type: InstanceTypeInfo | undefined;
}

export function HibernationField({ value, onChange, region, imageId, type }: Properties): ReactNode {
  const text = useText();
  const { value: fast } = useListing(useMemo(() => fastLaunchOf(region, imageId), [region, imageId]));
  const isVirtio = fast ? isOn(fast.fastLaunch) : false; // whatever the type
  const why = type?.HibernationSupported === false && !isVirtio && text("launch.hibernationUnsupported", { type: type.InstanceType ?? "" });
  const off = { value: "off", label: text("launch.disable") };
  const on: SelectProps.Option = { value: "on", label: text("launch.enable"), ...(why && { disabled: true, disabledReason: why }) };
  return (
    <FormField
      label={text("launch.hibernation")}
      description={text("launch.hibernationHelp")}
      constraintText={why || ""}
      stretch
    >
      <Select
        selectedOption={value ? on : off}
        options={[off, on]}
        onChange={({ detail }) => onChange(detail.selectedOption.value === "on")}
      />
    </FormField>
  );
}
