/** Change what becomes of a network interface when its instance is terminated. */
import Alert from "@cloudscape-design/components/alert";
import Toggle from "@cloudscape-design/components/toggle";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { ChangeInterface } from "./ChangeInterface";
import { instanceLabel, type InterfaceRow } from "./model";

export function ChangeTermination({ region, items: [row], close }: { region: string; items: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const text = useText();
  const { AttachmentId, DeleteOnTermination: before = false } = row.eni.Attachment ?? {};
  const [wanted, setWanted] = useState<boolean>();
  const ends = wanted ?? before;
  return (
    <ChangeInterface
      region={region}
      row={row}
      title="action.changeTermination"
      change={ends === before ? undefined : { Attachment: { AttachmentId, DeleteOnTermination: ends } }}
      hindered={AttachmentId === undefined ? text("eni.isFree") : null}
      close={close}
    >
      <Toggle checked={ends} onChange={({ detail }) => setWanted(detail.checked)}>
        {text("changeTermination.label")}
      </Toggle>
      <Alert type={ends ? "warning" : "info"}>
        {text(ends ? "changeTermination.ends" : "changeTermination.stays", { instance: instanceLabel(row) })}
      </Alert>
    </ChangeInterface>
  );
}
