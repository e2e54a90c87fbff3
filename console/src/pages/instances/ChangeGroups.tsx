/** Change the security groups of an instance: says which are added and removed, or why EC2 refuses. */
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { rowLabel, securityGroupsOf } from "../security-groups/model";
import type { Row } from "./model";

const MOST_GROUPS = 5; // of a network interface, on EC2

export function ChangeGroups({ region, items: [row], close }: { region: string; items: Chosen<Row>; close: () => void }): ReactNode {
  const text = useText();
  const { value: groups = [] } = useListing(useMemo(() => securityGroupsOf(region), [region]));
  const [before] = useState(() => (row.instance.SecurityGroups ?? []).map(({ GroupId = "" }) => GroupId)); // when this was opened
  const [after, setAfter] = useState(before);
  const options = groups
    .filter(({ group }) => group.VpcId === row.instance.VpcId)
    .map(({ id, group }) => ({ value: id, label: `${id} | ${group.GroupName}`, description: group.Description ?? "" }));
  const named = (ids: readonly string[]): string => {
    const rows = groups.filter(({ id }) => ids.includes(id));
    return rows.map(rowLabel).join(", ") || text("none");
  };
  const [added, removed] = [after.filter((id) => !before.includes(id)), before.filter((id) => !after.includes(id))];
  const isChanged = added.length + removed.length > 0;
  const problem = after.length === 0 ? text("changeGroups.none") : after.length > MOST_GROUPS ? text("changeGroups.most") : null;
  const will = `${text("changeGroups.will", { added: named(added), removed: named(removed) })} ${text("changeGroups.atOnce")}`;
  const prospect: Prospect =
    problem !== null ? { type: "error", text: problem } : { type: "info", text: isChanged ? will : text("nothing.changed") };
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
      hindered={problem ?? (isChanged ? null : text("nothing.changed"))}
      close={close}
    >
      {(row.instance.NetworkInterfaces ?? []).map(({ NetworkInterfaceId: id = "" }) => (
        <Box key={id}>{text("changeGroups.interface", { id })}</Box>
      ))}
      <FormField label={text("changeGroups.label")} description={text("changeGroups.help")} errorText={problem}>
        <Multiselect
          selectedOptions={options.filter(({ value }) => after.includes(value))}
          options={options}
          filteringType="auto"
          filteringAriaLabel={text("find")}
          placeholder={text("changeGroups.choose")}
          deselectAriaLabel={(option) => text("changeGroups.remove", { name: option.label ?? "" })}
          onChange={({ detail }) => setAfter(detail.selectedOptions.map(({ value = "" }) => value))}
        />
      </FormField>
    </ForEach>
  );
}
