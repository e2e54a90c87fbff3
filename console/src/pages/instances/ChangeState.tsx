/** Start, stop, reboot, terminate: says for each instance what will happen, or which protection refuses it. */
import type { ReactNode } from "react";
import { asCli } from "../../api/cli";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label } from "../../resource/resource";
import { useText } from "../../texts/texts";
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
  items: readonly Row[];
  change: Change;
  close: () => void;
}

export function ChangeState({ region, items, change, close }: Properties): ReactNode {
  const text = useText();
  const action = ACTIONS[change];
  const prospect = (row: Row): Prospect => {
    if (change !== "terminate") return { type: "info", text: text(`state.will.${change}`) };
    const { gone, kept } = volumesOf(row.instance);
    const none = text("state.will.terminateNone");
    const lost = { gone: gone.join(", ") || none, kept: kept.join(", ") || none };
    return { type: "warning", text: text("state.will.terminate", lost) };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={(row) => label(row.id, row.name)}
      title={text(`state.dialog.${change}`, { count: items.length })}
      what={text(`action.${change}`)}
      action={action}
      parameters={(row) => ({ InstanceIds: [row.id] })}
      commands={[asCli(action, { InstanceIds: items.map((row) => row.id) }, region)]}
      prospect={prospect}
      stateOf={(row) => row.state}
      close={close}
    />
  );
}
