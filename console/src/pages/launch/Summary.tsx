/** What the launch comes to, what the cloud says of it, and the button. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import type { Image, InstanceTypeInfo } from "../../api/types";
import { ShowAsCli } from "../../shell/Cli";
import { at } from "../../shell/place";
import { useText } from "../../texts/texts";
import type { Networks } from "./choices";
import { wrongCount } from "./hindrances";
import { sizeOf } from "./InstanceTypeChoice";
import { whole } from "./launchModel";
import type { Editing } from "./Section";
import { WhatWillHappen } from "./WhatWillHappen";
import type { Verdict } from "./useVerdict";

interface Properties extends Editing {
  image: Image | undefined;
  type: InstanceTypeInfo | undefined;
  networks: Networks | undefined;
  /** What hinders the launch, as far as the page knows by itself. */
  hindered: readonly string[];
  verdict: Verdict;
  commands: string[];
  launching: boolean;
  /** Why the last attempt failed. */
  failure: string | undefined;
  launch: () => void;
}

export function Summary(given: Properties): ReactNode {
  const { region, form, change, image, type, networks, hindered, verdict, commands, launching, failure, launch } = given;
  const text = useText();
  const kept = form.devices.filter((device) => !device.isLeftOut);
  const gib = kept.reduce((sum, device) => sum + (whole(device.size) ?? 0), 0);
  const groups = form.groupIds.map((id) => networks?.groups.find((group) => group.GroupId === id)?.GroupName ?? id);
  const why = hindered[0] ?? (verdict === undefined ? text("each.asking") : verdict[0]?.message) ?? null;
  return (
    <Container header={<Header variant="h2">{text("launch.summary")}</Header>}>
      <SpaceBetween size="m">
        <FormField label={text("launch.count")} errorText={wrongCount(text, form) ?? ""}>
          <Input type="number" inputMode="numeric" value={form.count} onChange={({ detail }) => change({ count: detail.value })} />
        </FormField>
        <KeyValuePairs
          columns={1}
          items={[
            { label: text("launch.image"), value: image === undefined ? "–" : `${image.Name} (${image.ImageId})` },
            { label: text("instance.type"), value: type === undefined ? "–" : `${type.InstanceType} (${sizeOf(text, type)})` },
            {
              label: text("launch.firewall"),
              value: form.firewall === "new" ? text("launch.groupNewNamed", { name: form.newGroup.name }) : groups.join(", ") || "–",
            },
            { label: text("launch.storage"), value: text("launch.volumes", { count: kept.length, gib }) },
          ]}
        />
        <WhatWillHappen region={region} form={form} networks={networks} image={image} type={type} />
        <div aria-live="polite">
          <Word hindered={hindered} verdict={verdict} />
        </div>
        {failure !== undefined && (
          <Alert type="error" header={text("failed.title", { action: text("launch.go") })}>
            {failure}
          </Alert>
        )}
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" href={at(region, "instances")}>
            {text("cancel")}
          </Button>
          <Button
            variant="primary"
            loading={launching}
            disabled={why !== null}
            {...(why !== null && { disabledReason: why })}
            onClick={launch}
          >
            {text("launch.go")}
          </Button>
        </SpaceBetween>
        {commands.length > 0 && <ShowAsCli commands={commands} />}
      </SpaceBetween>
    </Container>
  );
}

/** What stands between the form and its instances: what is missing, or EC2's refusals; or that nothing does. */
function Word({ hindered, verdict }: { hindered: readonly string[]; verdict: Verdict }): ReactNode {
  const text = useText();
  if (hindered.length > 0) {
    return (
      <SpaceBetween size="xxs">
        {hindered.map((one) => (
          <StatusIndicator key={one} type="pending">
            {one}
          </StatusIndicator>
        ))}
      </SpaceBetween>
    );
  }
  if (verdict === undefined) return <StatusIndicator type="loading">{text("each.asking")}</StatusIndicator>;
  if (verdict.length === 0) return <StatusIndicator type="success">{text("launch.accepted")}</StatusIndicator>;
  return (
    <>
      <StatusIndicator type="error">{text("each.refused")}</StatusIndicator>
      {verdict.map((refusal) => (
        <Box key={refusal.requestId} color="text-status-error">
          {refusal.message} ({refusal.code})
        </Box>
      ))}
    </>
  );
}
