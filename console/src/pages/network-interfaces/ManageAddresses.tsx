/** Manage the private addresses of network interfaces: says which Elastic IP address loses its way, and what guests must do. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { StepsDialog } from "../../resource/StepsDialog";
import { useText } from "../../texts/texts";
import { AddressRows } from "./AddressRows";
import { addressSteps, NO_EDITS, without, type Edits } from "./addresses";
import { leadingTo, rowLabel, stateOf, type InterfaceRow } from "./model";

export function ManageAddresses({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const text = useText();
  const [edits, setEdits] = useState<Readonly<Record<string, Edits>>>({});
  const [reassign, setReassign] = useState(false);
  const of = (id: string): Edits => edits[id] ?? NO_EDITS;
  const lost = rows.flatMap(({ id, eni }) => leadingTo(eni).filter(({ privateIp }) => of(id).removed.includes(privateIp)));
  return (
    <StepsDialog
      region={region}
      title={text("action.manageAddresses")}
      go={text("save")}
      steps={rows.flatMap(({ id }) => addressSteps(text, id, of(id), reassign))}
      state={rows.map(stateOf).join()}
      done={text("settings.changed", { what: text("action.manageAddresses"), name: rows.map(rowLabel).join(", ") })}
      onMade={(made) => {
        const { NetworkInterfaceId: id } = made.parameters as { NetworkInterfaceId: string };
        setEdits((before) => ({ ...before, [id]: without(before[id] ?? NO_EDITS, made) }));
      }}
      close={close}
    >
      {rows.map((row) => (
        <AddressRows key={row.id} row={row} edits={of(row.id)} onChange={(next) => setEdits({ ...edits, [row.id]: next })} />
      ))}
      <Checkbox checked={reassign} description={text("addresses.reassignHelp")} onChange={({ detail }) => setReassign(detail.checked)}>
        {text("addresses.reassign")}
      </Checkbox>
      {lost.map(({ publicIp, privateIp }) => (
        <Alert key={publicIp} type="warning">
          {text("addresses.loses", { elastic: publicIp, address: privateIp })}
        </Alert>
      ))}
      <Alert type="info">{text("addresses.guest")}</Alert>
    </StepsDialog>
  );
}
