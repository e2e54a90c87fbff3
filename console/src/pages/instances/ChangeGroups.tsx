/** Change the security groups of an instance: says which are added and removed, or why EC2 refuses. */
import Box from "@cloudscape-design/components/box";
import { useState, type ReactNode } from "react";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { GroupsField, groupsProblem, useGroupChange } from "../security-groups/GroupsField";
import type { Row } from "./model";

export function ChangeGroups({ region, items: [row], close }: { region: string; items: Chosen<Row>; close: () => void }): ReactNode {
  const text = useText();
  const [before] = useState(() => (row.instance.SecurityGroups ?? []).map(({ GroupId = "" }) => GroupId)); // when this was opened
  const [after, setAfter] = useState(before);
  const will = useGroupChange(region, before, after);
  const problem = groupsProblem(text, after);
  const prospect: Prospect =
    problem !== null ? { type: "error", text: problem } : { type: "info", text: will ?? text("nothing.changed") };
  return (
    <ForEach
      region={region}
      items={[row]}
      idOf={({ id }) => id}
      labelOf={({ id, name }) => label(id, name)}
      title={text("action.changeGroups")}
      what={text("action.changeGroups")}
      action="ModifyInstanceAttribute"
      parameters={({ id }) => ({ InstanceId: id, Groups: after })}
      prospect={() => prospect}
      stateOf={({ state }) => state}
      hindered={problem ?? (will === null ? text("nothing.changed") : null)}
      close={close}
    >
      {(row.instance.NetworkInterfaces ?? []).map(({ NetworkInterfaceId: id = "" }) => (
        <Box key={id}>{text("changeGroups.interface", { id })}</Box>
      ))}
      <GroupsField region={region} vpc={row.instance.VpcId} value={after} onChange={setAfter} problem={problem} />
    </ForEach>
  );
}
