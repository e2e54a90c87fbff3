/** Detach a network interface, also by force: says what its guest loses, and what the interface keeps. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { HibernatedWarning } from "../instances/HibernatedWarning";
import { useInterface } from "./InterfaceChoice";
import { instanceLabel, leadingTo, runs, secondaryOf, stateOf, type InterfaceRow } from "./model";

/** `rows`: those of which one may be detached. */
export function DetachInterface({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const text = useText();
  const [row, choice] = useInterface(rows);
  const [force, setForce] = useState(false);
  const { eni } = row;
  const instance = instanceLabel(row);
  const AttachmentId = eni.Attachment?.AttachmentId;
  const kept = [eni.PrivateIpAddress ?? "", ...secondaryOf(eni), ...leadingTo(eni).map(({ publicIp }) => publicIp)];
  const will = !runs(row) ? "detachInterface.willStopped" : force ? "detachInterface.willForce" : "detachInterface.willRunning";
  return (
    <CallDialog
      region={region}
      title={text("action.detachInterface")}
      go={text("action.detach")}
      action="DetachNetworkInterface"
      parameters={AttachmentId === undefined ? undefined : { AttachmentId, ...(force && { Force: true }) }}
      hindered={AttachmentId === undefined ? text("eni.isFree") : null}
      state={stateOf(row)}
      done={() => text("detachInterface.done", { interface: row.id, instance })}
      close={close}
    >
      {choice}
      <Checkbox checked={force} description={text("detachInterface.forceHelp")} onChange={({ detail }) => setForce(detail.checked)}>
        {text("detachInterface.force")}
      </Checkbox>
      {!runs(row) && <HibernatedWarning region={region} id={eni.Attachment?.InstanceId ?? ""} />}
      <Alert type={runs(row) ? "warning" : "info"}>{text(will, { instance })}</Alert>
      <Alert type="info">{text("detachInterface.kept", { addresses: kept.join(", ") })}</Alert>
    </CallDialog>
  );
}
