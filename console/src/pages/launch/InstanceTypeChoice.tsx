/** Instance type: those that run the image, with what they have. */
import FormField from "@cloudscape-design/components/form-field";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import type { Image, InstanceTypeInfo } from "../../api/types";
import { useText, type Text } from "../../texts/texts";
import { misfit, sizeOfMachine } from "./choices";
import { Section, type Editing } from "./Section";

interface Properties extends Editing {
  types: readonly InstanceTypeInfo[] | undefined;
  image: Image | undefined;
}

export function InstanceTypeChoice({ form, change, types, image }: Properties): ReactNode {
  const text = useText();
  const chosen = types?.find((type) => type.InstanceType === form.type);
  return (
    <Section title="instance.type">
      <FormField label={text("instance.type")} stretch>
        <Select
          selectedOption={chosen === undefined ? null : optionOf(text, chosen, image)}
          options={(types ?? []).map((type) => optionOf(text, type, image))}
          filteringType="auto"
          filteringPlaceholder={text("launch.findType")}
          filteringAriaLabel={text("launch.findType")}
          statusType={types === undefined ? "loading" : "finished"}
          loadingText={text("loading")}
          placeholder={text("launch.chooseType")}
          noMatch={text("table.noMatch")}
          triggerVariant="option"
          onChange={({ detail }) => change({ type: detail.selectedOption.value ?? "", credits: "" })}
        />
      </FormField>
    </Section>
  );
}

/** What a type has, in words: `2 vCPU, 1 GiB memory`. */
export function sizeOf(text: Text, type: InstanceTypeInfo): string {
  return sizeOfMachine(text, type.VCpuInfo?.DefaultVCpus ?? 0, type.MemoryInfo?.SizeInMiB ?? 0);
}

function optionOf(text: Text, type: InstanceTypeInfo, image: Image | undefined): SelectProps.Option {
  const why = misfit(type, image);
  const name = type.InstanceType ?? "";
  const values = { type: name, architecture: image?.Architecture ?? "", virtualization: image?.VirtualizationType ?? "" };
  const traits = [
    text("launch.family", { family: name.split(".")[0] ?? "" }),
    ...(type.CurrentGeneration ? [text("launch.currentGeneration")] : []),
    ...(type.FreeTierEligible ? [text("launch.freeTier")] : []),
  ];
  return {
    value: name,
    label: name,
    description: sizeOf(text, type),
    tags: traits,
    ...(why !== null && { disabled: true, disabledReason: text(why, values) }),
  };
}
