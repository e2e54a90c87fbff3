/** Change the description of a network interface. */
import { useState, type ReactNode } from "react";
import { TextField } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { ChangeInterface } from "./ChangeInterface";
import type { InterfaceRow } from "./model";

export function ChangeDescription({ region, items: [row], close }: { region: string; items: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const [before] = useState(row.eni.Description ?? ""); // as it was when this was opened
  const [after, setAfter] = useState(before);
  return (
    <ChangeInterface
      region={region}
      row={row}
      title="action.changeDescription"
      change={after === before ? undefined : { Description: { Value: after } }}
      close={close}
    >
      <TextField label="eni.description" value={after} onChange={setAfter} />
    </ChangeInterface>
  );
}
