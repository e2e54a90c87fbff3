/** The calls that this page made: each can be repeated with the AWS CLI. */
import Box from "@cloudscape-design/components/box";
import HelpPanel from "@cloudscape-design/components/help-panel";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { callsMade, type Made } from "../api/call";
import { asCli } from "../api/cli";
import { useClock, useText } from "../texts/texts";
import { Copyable } from "./Cli";

export default function CallLog(): ReactNode {
  const text = useText();
  const made = useSyncExternalStore(callsMade.watch, callsMade.read);
  const [changesOnly, setChangesOnly] = useState(true);
  const shown = made.filter((one) => one.changes || !changesOnly);
  return (
    <HelpPanel header={<h2>{text("calls.title")}</h2>}>
      <SpaceBetween size="m">
        <Box variant="p">{text("calls.help")}</Box>
        <Toggle checked={changesOnly} onChange={({ detail }) => setChangesOnly(detail.checked)}>
          {text("calls.changesOnly")}
        </Toggle>
        {shown.length === 0 && <Box color="text-body-secondary">{text("calls.empty")}</Box>}
        {shown.map((one) => (
          <Call key={one.number} made={one} />
        ))}
      </SpaceBetween>
    </HelpPanel>
  );
}

function Call({ made }: { made: Made }): ReactNode {
  const text = useText();
  const clock = useClock();
  return (
    <div>
      <Box fontWeight="bold">
        {clock(made.at.toISOString())} {made.action}: {made.outcome}
      </Box>
      <Box color="text-body-secondary" fontSize="body-s">
        {text("calls.request")} {made.requestId} ({made.milliseconds} {text("calls.milliseconds")})
      </Box>
      <Copyable value={asCli(made.action, made.parameters, made.region, made.service)} />
    </div>
  );
}
