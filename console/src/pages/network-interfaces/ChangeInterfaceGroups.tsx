/** Change the security groups of a network interface: says which are added and removed. */
import Alert from "@cloudscape-design/components/alert";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { GroupsField, groupsProblem, useGroupChange } from "../security-groups/GroupsField";
import { ChangeInterface } from "./ChangeInterface";
import type { InterfaceRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<InterfaceRow>;
  close: () => void;
}

export function ChangeInterfaceGroups({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [before] = useState(() => (row.eni.Groups ?? []).map(({ GroupId = "" }) => GroupId)); // when this was opened
  const [after, setAfter] = useState(before);
  const will = useGroupChange(region, before, after);
  const problem = groupsProblem(text, after);
  return (
    <ChangeInterface
      region={region}
      row={row}
      title="action.changeGroups"
      change={will === null ? undefined : { Groups: after }}
      hindered={problem}
      close={close}
    >
      <GroupsField region={region} vpc={row.eni.VpcId} value={after} onChange={setAfter} problem={problem} />
      {will !== null && problem === null && <Alert type="info">{will}</Alert>}
    </ChangeInterface>
  );
}
