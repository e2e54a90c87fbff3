/** Status and alarms: the three checks and since when, scheduled events, and what this cloud itself has trouble with. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { InstanceStatus } from "../../api/types";
import { useMoment, useText, type TextKey } from "../../texts/texts";
import { evidenceOf, type Evidence } from "./evidence";
import { bootsOf, type Row } from "./model";

type Check = InstanceStatus["SystemStatus"];

const OF_CHECK: Record<string, { type: StatusIndicatorProps.Type; word: TextKey }> = {
  ok: { type: "success", word: "check.ok" },
  impaired: { type: "error", word: "check.impaired" },
  initializing: { type: "pending", word: "check.initializing" },
};

export function InstanceStatusTab({ region, item: row }: { region: string; item: Row }): ReactNode {
  const { value: known } = useListing(useMemo(() => evidenceOf(region, row.id), [region, row.id]));
  return (
    <SpaceBetween size="l">
      <Checks region={region} row={row} />
      <Events row={row} />
      <Troubles known={known} />
    </SpaceBetween>
  );
}

function Checks({ region, row }: { region: string; row: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: boots } = useListing(useMemo(() => bootsOf(region, row.id), [region, row.id]));
  const boot = boots?.at(-1);
  const shown = (check: Check): ReactNode => {
    const status = check?.Status ?? "";
    const known = OF_CHECK[status];
    if (known === undefined) return text("check.none");
    const since = status === "ok" ? boot?.reachable_at : (check?.Details?.[0]?.ImpairedSince ?? boot?.started_at);
    return (
      <>
        <StatusIndicator type={known.type}>{text(known.word)}</StatusIndicator>
        <Box color="text-body-secondary" fontSize="body-s">
          {text("check.detail", {
            name: check?.Details?.[0]?.Name ?? "",
            status: check?.Details?.[0]?.Status ?? "",
            since: moment(since),
          })}
        </Box>
      </>
    );
  };
  return (
    <Container header={<Header variant="h2" description={text("check.help")}>{text("check.title")}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: text("check.system"), value: shown(row.status?.SystemStatus) },
          { label: text("check.instance"), value: shown(row.status?.InstanceStatus) },
          { label: text("check.ebs"), value: shown(row.status?.AttachedEbsStatus) },
        ]}
      />
    </Container>
  );
}

function Events({ row }: { row: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const events = row.status?.Events ?? [];
  return (
    <Container header={<Header variant="h2">{text("check.events")}</Header>}>
      {events.length === 0
        ? text("check.noEvents")
        : events.map((event) => (
            <div key={event.InstanceEventId}>
              {event.Code}: {event.Description} ({moment(event.NotBefore)})
            </div>
          ))}
    </Container>
  );
}

/** What DescribeInstanceStatus cannot say: what is tried again, and what a termination has overridden. */
function Troubles({ known }: { known: Evidence | undefined }): ReactNode {
  const text = useText();
  const claim = known?.claimed_by;
  const moment = useMoment();
  return (
    <Container header={<Header variant="h2" description={text("trouble.help")}>{text("trouble.title")}</Header>}>
      <SpaceBetween size="s">
        {known === undefined && text("loading")}
        {known?.troubles.length === 0 && <StatusIndicator type="success">{text("trouble.none")}</StatusIndicator>}
        {known?.troubles.map((trouble) => (
          <Alert key={trouble.what} type="warning" header={trouble.what}>
            {text("trouble.since", { since: moment(trouble.since), reason: trouble.reason ?? text("unknown"), hint: trouble.hint })}
          </Alert>
        ))}
        {claim && (
          <Box>{text("trouble.claimed", { kind: claim.kind, workflow: claim.workflow, step: claim.step ?? text("unknown") })}</Box>
        )}
        {known?.overridden.map((one) => (
          <Alert key={one.workflow} type="info" header={text("trouble.overridden", { action: one.action ?? one.workflow })}>
            {text("trouble.overriddenBy", {
              at: moment(one.at),
              step: one.step ?? text("unknown"),
              by: one.by?.action ?? text("unknown"),
              request: one.by?.request ?? "–",
              ended: text(one.ended ? "yes" : "no"),
            })}
          </Alert>
        ))}
      </SpaceBetween>
    </Container>
  );
}
