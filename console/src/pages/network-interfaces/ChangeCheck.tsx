/** Change the source/destination check of a network interface: says what it is for, and whether it has its effect here. */
import Alert from "@cloudscape-design/components/alert";
import Toggle from "@cloudscape-design/components/toggle";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { ChangeInterface } from "./ChangeInterface";
import { EffectHere } from "./EffectHere";
import { useInterface } from "./InterfaceChoice";
import type { InterfaceRow } from "./model";

/** `rows`: those of which one may be changed. */
export function ChangeCheck({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const text = useText();
  const [row, choice] = useInterface(rows);
  const [wanted, setWanted] = useState<{ of: string; on: boolean }>();
  const before = row.eni.SourceDestCheck ?? true;
  const on = wanted?.of === row.id ? wanted.on : before;
  return (
    <ChangeInterface
      region={region}
      row={row}
      choice={choice}
      title="action.changeCheck"
      change={on === before ? undefined : { SourceDestCheck: { Value: on } }}
      close={close}
    >
      <Toggle checked={on} onChange={({ detail }) => setWanted({ of: row.id, on: detail.checked })}>
        {text("interface.checked")}
      </Toggle>
      <Alert type={on ? "info" : "warning"}>{text(on ? "changeCheck.on" : "changeCheck.off")}</Alert>
      <EffectHere region={region} row={row} />
    </ChangeInterface>
  );
}
