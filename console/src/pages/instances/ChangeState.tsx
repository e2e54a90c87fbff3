/** Start, stop, reboot, hibernate, terminate: says for each instance what will happen, or which protection refuses it. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useState, type ReactNode } from "react";
import { asCli } from "../../api/cli";
import { ForEach } from "../../resource/ForEach";
import { label } from "../../resource/resource";
import { useText } from "../../texts/texts";
import type { Row } from "./model";
import { StateProspect } from "./StateProspect";

export type Change = "start" | "stop" | "reboot" | "hibernate" | "terminate";

const ACTIONS = {
  start: "StartInstances",
  stop: "StopInstances",
  reboot: "RebootInstances",
  hibernate: "StopInstances",
  terminate: "TerminateInstances",
} as const;

interface Properties {
  region: string;
  items: readonly Row[];
  change: Change;
  close: () => void;
}

export function ChangeState({ region, items, change, close }: Properties): ReactNode {
  const text = useText();
  const [skipped, setSkipped] = useState(false);
  const [forced, setForced] = useState(false);
  const action = ACTIONS[change];
  const maySkip = change === "stop" || change === "terminate";
  // Only one that ends already may be forced: what keeps it from its end is given up sooner then.
  const mayForce = change === "terminate" && items.some((row) => row.state === "shutting-down");
  const asked = (ids: string[]): { InstanceIds: string[]; Hibernate?: boolean } => ({
    InstanceIds: ids,
    ...(change === "hibernate" && { Hibernate: true }),
    ...(maySkip && skipped && { SkipOsShutdown: true }),
    ...(mayForce && forced && { Force: true }),
  });
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={(row) => label(row.id, row.name)}
      title={text(`state.dialog.${change}`, { count: items.length })}
      what={text(`action.${change}`)}
      action={action}
      parameters={(row) => asked([row.id])}
      commands={[asCli(action, asked(items.map((row) => row.id)), region)]}
      prospect={(row) => {
        const asked = { region, row, change, skipped: maySkip && skipped };
        const type = change === "terminate" || asked.skipped ? "warning" : "info";
        return { type, text: <StateProspect {...asked} part="first" />, more: <StateProspect {...asked} part="rest" /> };
      }}
      stateOf={(row) => row.state}
      close={close}
    >
      {maySkip && (
        <Checkbox checked={skipped} description={text("state.skipHelp")} onChange={({ detail }) => setSkipped(detail.checked)}>
          {text("state.skip")}
        </Checkbox>
      )}
      {mayForce && (
        <Checkbox checked={forced} description={text("state.forceHelp")} onChange={({ detail }) => setForced(detail.checked)}>
          {text("state.force")}
        </Checkbox>
      )}
      {maySkip && skipped && <Alert type="warning">{text("state.skipRisk")}</Alert>}
    </ForEach>
  );
}
