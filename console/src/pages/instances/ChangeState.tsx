/** Start, stop, reboot, terminate: says for each instance what will happen, or which protection refuses it. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useState, type ReactNode } from "react";
import { call, wouldBeRefused, type Refused } from "../../api/call";
import { asCli } from "../../api/cli";
import { Dialog } from "../../shell/Dialog";
import { inWords, useSay } from "../../shell/notices";
import { useText, type Text } from "../../texts/texts";
import { volumesOf, type Row } from "./model";

export type Change = "start" | "stop" | "reboot" | "terminate";

const ACTIONS = {
  start: "StartInstances",
  stop: "StopInstances",
  reboot: "RebootInstances",
  terminate: "TerminateInstances",
} as const;

interface Properties {
  region: string;
  rows: Row[];
  change: Change;
  close: () => void;
}

export function ChangeState({ region, rows, change, close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const action = ACTIONS[change];
  const refusals = useRefusals(region, rows, action);
  const allowed = rows.filter((row) => refusals?.get(row.id) === null);
  const title = text(`action.${change}`);
  const act = async (): Promise<void> => {
    // One call for each: EC2 does nothing to any where it refuses one of a call, and each result is told.
    const outcomes = await Promise.allSettled(allowed.map((row) => call(region, action, { InstanceIds: [row.id] })));
    const failed = outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected" ? [`${allowed[index]!.id}: ${inWords(text, outcome.reason as Error)}`] : [],
    );
    const done = allowed.length - failed.length;
    if (done > 0) say({ type: "success", content: text("result.allDone", { action: title, count: done, of: rows.length }) });
    for (const content of failed) say({ type: "error", header: text("failed.title", { action: title }), content });
  };
  return (
    <Dialog
      title={text(`state.dialog.${change}`, { count: rows.length })}
      go={text("state.go", { action: title, count: allowed.length })}
      hindered={refusals === undefined ? text("state.will.asking") : allowed.length === 0 ? text("state.noneAllowed") : null}
      commands={[asCli(action, { InstanceIds: rows.map((row) => row.id) }, region)]}
      act={act}
      close={close}
      size="large"
    >
      <SpaceBetween size="s">
        {rows.map((row) => (
          <div key={row.id}>
            <Box fontWeight="bold">{row.name === "" ? row.id : `${row.name} (${row.id})`}</Box>
            <Prospect text={text} row={row} change={change} refusal={refusals?.get(row.id)} />
          </div>
        ))}
      </SpaceBetween>
    </Dialog>
  );
}

interface Seen {
  text: Text;
  row: Row;
  change: Change;
  refusal: Refused | null | undefined;
}

function Prospect({ text, row, change, refusal }: Seen): ReactNode {
  if (refusal === undefined) return <StatusIndicator type="loading">{text("state.will.asking")}</StatusIndicator>;
  if (refusal !== null) {
    return (
      <>
        <StatusIndicator type="error">{text("state.will.refused")}</StatusIndicator>
        <Box color="text-status-error">
          {refusal.message} ({refusal.code})
        </Box>
      </>
    );
  }
  if (change !== "terminate") return <StatusIndicator type="info">{text(`state.will.${change}`)}</StatusIndicator>;
  const { gone, kept } = volumesOf(row.instance);
  const none = text("state.will.terminateNone");
  const lost = text("state.will.terminate", { gone: gone.join(", ") || none, kept: kept.join(", ") || none });
  return <StatusIndicator type="warning">{lost}</StatusIndicator>;
}

/** The cloud's own word on each instance, by a dry run; undefined until all of them came. */
function useRefusals(
  region: string,
  rows: Row[],
  action: (typeof ACTIONS)[Change],
): Map<string, Refused | null> | undefined {
  const [refusals, setRefusals] = useState<Map<string, Refused | null>>();
  const asked = rows.map((row) => `${row.id} ${row.state}`).join(); // asked again when a state changes
  useEffect(() => {
    let current = true;
    const ask = async (row: Row): Promise<[string, Refused | null]> => [
      row.id,
      await wouldBeRefused(region, action, { InstanceIds: [row.id] }),
    ];
    Promise.all(rows.map(ask)).then(
      (found) => current && setRefusals(new Map(found)),
      () => undefined, // the server does not answer, which the page says already: nothing can be done now
    );
    return () => {
      current = false;
    };
  }, [region, asked, action]);
  return refusals;
}
