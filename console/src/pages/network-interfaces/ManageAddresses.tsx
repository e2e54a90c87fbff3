/** Manage the private addresses of network interfaces: says which Elastic IP address loses its way, and what guests must do. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useState, type ReactNode } from "react";
import { CallsDialog } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { AddressRows } from "./AddressRows";
import { addressCalls, NO_EDITS, type Edits } from "./addresses";
import { leadingTo, rowLabel, stateOf, type InterfaceRow } from "./model";
import { useProblems } from "./useProblems";

/** By network interface. */
type AllEdits = Readonly<Record<string, Edits>>;

export function ManageAddresses({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const text = useText();
  const [edits, setEdits] = useState<AllEdits>({});
  const [reassign, setReassign] = useState(false);
  const of = (id: string): Edits => edits[id] ?? NO_EDITS;
  const problems = useProblems(region, rows, of, reassign);
  const lost = rows.flatMap(({ id, eni }) => leadingTo(eni).filter(({ privateIp }) => of(id).removed.includes(privateIp)));
  return (
    <CallsDialog
      region={region}
      title={text("action.manageAddresses")}
      go={text("save")}
      planned={rows.flatMap(({ id, eni }) => addressCalls(text, eni, of(id), reassign, (still) => setEdits(changed(id, still))))}
      hindered={problems.first}
      state={rows.map(stateOf).join()}
      done={() => text("settings.changed", { what: text("action.manageAddresses"), name: rows.map(rowLabel).join(", ") })}
      close={close}
      size="max"
    >
      {rows.map((row) => (
        <AddressRows
          key={row.id}
          row={row}
          edits={of(row.id)}
          problem={(address) => problems.of(row, address)}
          onChange={(next) => setEdits(changed(row.id, () => next))}
        />
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
    </CallsDialog>
  );
}

function changed(id: string, change: (edits: Edits) => Edits): (before: AllEdits) => AllEdits {
  return (before) => ({ ...before, [id]: change(before[id] ?? NO_EDITS) });
}
