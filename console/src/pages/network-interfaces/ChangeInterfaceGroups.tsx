/** Change the security groups of a network interface: says which are added and removed. */
import Alert from "@cloudscape-design/components/alert";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { GroupsField, groupsProblem, useGroupChange } from "../security-groups/GroupsField";
import { ChangeInterface } from "./ChangeInterface";
import { useInterface } from "./InterfaceChoice";
import type { InterfaceRow } from "./model";

/** `rows`: those of which one may be changed. EC2 changes those of an instance that has several by their own ids alone. */
export function ChangeInterfaceGroups({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const [row, choice] = useInterface(rows);
  return <ChangeGroups key={row.id} region={region} row={row} choice={choice} close={close} />;
}

function ChangeGroups({ region, row, choice, close }: { region: string; row: InterfaceRow; choice: ReactNode; close: () => void }): ReactNode {
  const text = useText();
  const before = (row.eni.Groups ?? []).map(({ GroupId = "" }) => GroupId); // as they are now, whoever changes them
  const [chosen, setChosen] = useState<string[]>();
  const after = chosen ?? before;
  const will = useGroupChange(region, before, after);
  const problem = groupsProblem(text, after);
  return (
    <ChangeInterface
      region={region}
      row={row}
      choice={choice}
      title="action.changeGroups"
      change={will === null ? undefined : { Groups: after }}
      hindered={problem}
      close={close}
    >
      <GroupsField region={region} vpc={row.eni.VpcId} value={after} onChange={setChosen} problem={problem} />
      {will !== null && problem === null && <Alert type="info">{will}</Alert>}
    </ChangeInterface>
  );
}
