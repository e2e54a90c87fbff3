/** Advanced details: protections, shutdown and hibernation behavior, credits, metadata, user data. */
import Checkbox from "@cloudscape-design/components/checkbox";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { InstanceTypeInfo } from "../../api/types";
import { useText } from "../../texts/texts";
import { wrongHops } from "./hindrances";
import { HibernationField } from "./HibernationField";
import type { Form } from "./launchModel";
import type { Editing } from "./Section";
import { UserDataField } from "./UserDataField";

const SHUTDOWN = { stop: "shutdown.stop", terminate: "shutdown.terminate" } as const;
const CREDITS = { "": "launch.creditsDefault", standard: "launch.creditsStandard", unlimited: "launch.creditsUnlimited" } as const;
const TOKENS = { required: "launch.tokensRequired", optional: "launch.tokensOptional" } as const;

export function AdvancedDetails({ region, form, change, type }: Editing & { type: InstanceTypeInfo | undefined }): ReactNode {
  const text = useText();
  const { metadata } = form;
  const setMetadata = (part: Partial<Form["metadata"]>): void => change({ metadata: { ...metadata, ...part } });
  const shutdown = (value: Form["shutdown"]) => ({ value, label: text(SHUTDOWN[value]) });
  const credits = (value: Form["credits"]) => ({ value, label: text(CREDITS[value]) });
  const tokens = (value: Form["metadata"]["tokens"]) => ({ value, label: text(TOKENS[value]) });
  return (
    <ExpandableSection variant="container" headerText={text("launch.advanced")}>
      <SpaceBetween size="l">
        <FormField label={text("instance.shutdownBehavior")} description={text("launch.shutdownHelp")} stretch>
          <Select
            selectedOption={shutdown(form.shutdown)}
            options={[shutdown("stop"), shutdown("terminate")]}
            onChange={({ detail }) => change({ shutdown: detail.selectedOption.value as Form["shutdown"] })}
          />
        </FormField>
        <HibernationField
          value={form.hibernation}
          onChange={(hibernation) => change({ hibernation })}
          region={region}
          imageId={form.imageId}
          type={type}
        />
        <Checkbox
          checked={form.terminationProtection}
          description={text("protection.terminationHelp")}
          onChange={({ detail }) => change({ terminationProtection: detail.checked })}
        >
          {text("protection.termination")}
        </Checkbox>
        <Checkbox
          checked={form.stopProtection}
          description={text("protection.stopHelp")}
          onChange={({ detail }) => change({ stopProtection: detail.checked })}
        >
          {text("protection.stop")}
        </Checkbox>
        {type?.BurstablePerformanceSupported && (
          <FormField label={text("instance.credits")} description={text("launch.creditsHelp")} stretch>
            <Select
              selectedOption={credits(form.credits)}
              options={[credits(""), credits("standard"), credits("unlimited")]}
              onChange={({ detail }) => change({ credits: detail.selectedOption.value as Form["credits"] })}
            />
          </FormField>
        )}
        <Checkbox checked={metadata.enabled} onChange={({ detail }) => setMetadata({ enabled: detail.checked })}>
          {text("launch.metadata")}
        </Checkbox>
        {metadata.enabled && (
          <FormField label={text("launch.tokens")} description={text("launch.tokensHelp")} stretch>
            <Select
              selectedOption={tokens(metadata.tokens)}
              options={[tokens("required"), tokens("optional")]}
              onChange={({ detail }) => setMetadata({ tokens: detail.selectedOption.value as "required" | "optional" })}
            />
          </FormField>
        )}
        {metadata.enabled && (
          <FormField label={text("metadata.hops")} constraintText={text("launch.hopsHelp")} errorText={wrongHops(text, form) ?? ""}>
            <Input type="number" inputMode="numeric" value={metadata.hops} onChange={({ detail }) => setMetadata({ hops: detail.value })} />
          </FormField>
        )}
        {metadata.enabled && (
          <Checkbox checked={metadata.tags} onChange={({ detail }) => setMetadata({ tags: detail.checked })}>
            {text("launch.metadataTags")}
          </Checkbox>
        )}
        <UserDataField value={form.userData} onChange={(userData) => change({ userData })} />
      </SpaceBetween>
    </ExpandableSection>
  );
}
