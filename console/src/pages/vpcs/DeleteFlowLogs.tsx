/** Delete flow logs. */
import type { ReactNode } from "react";
import type { FlowLog } from "../../api/types";
import { ForEach } from "../../resource/ForEach";
import { label, nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";

interface Properties {
  region: string;
  items: readonly FlowLog[];
  close: () => void;
}

export function DeleteFlowLogs({ region, items, close }: Properties): ReactNode {
  const text = useText();
  return (
    <ForEach
      region={region}
      items={items}
      idOf={({ FlowLogId = "" }) => FlowLogId}
      labelOf={({ FlowLogId = "", Tags }) => label(FlowLogId, nameTag(Tags))}
      title={text("flowLog.deleteTitle", { count: items.length })}
      what={text("action.deleteFlowLog")}
      action="DeleteFlowLogs"
      parameters={({ FlowLogId = "" }) => ({ FlowLogIds: [FlowLogId] })}
      prospect={() => ({ type: "warning", text: text("flowLog.willDelete") })}
      close={close}
    />
  );
}
