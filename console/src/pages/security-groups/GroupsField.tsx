/** The security groups of something, of those that its VPC has. */
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText, type Text } from "../../texts/texts";
import { rowLabel, securityGroupsOf } from "./model";

const MOST_GROUPS = 5; // of a network interface, on EC2

interface Properties {
  region: string;
  vpc: string | undefined;
  value: readonly string[];
  onChange: (ids: string[]) => void;
  problem: string | null;
}

export function GroupsField({ region, vpc, value, onChange, problem }: Properties): ReactNode {
  const text = useText();
  const { value: groups = [] } = useListing(useMemo(() => securityGroupsOf(region), [region]));
  const options = groups
    .filter(({ group }) => group.VpcId === vpc)
    .map(({ id, group }) => ({ value: id, label: `${id} | ${group.GroupName}`, description: group.Description ?? "" }));
  return (
    <FormField label={text("changeGroups.label")} description={text("changeGroups.help")} errorText={problem}>
      <Multiselect
        selectedOptions={options.filter((option) => value.includes(option.value))}
        options={options}
        filteringType="auto"
        filteringAriaLabel={text("find")}
        placeholder={text("changeGroups.choose")}
        deselectAriaLabel={(option) => text("changeGroups.remove", { name: option.label ?? "" })}
        onChange={({ detail }) => onChange(detail.selectedOptions.map((option) => option.value ?? ""))}
      />
    </FormField>
  );
}

/** Why EC2 would not take these; null where it would. */
export function groupsProblem(text: Text, ids: readonly string[]): string | null {
  return ids.length === 0 ? text("changeGroups.none") : ids.length > MOST_GROUPS ? text("changeGroups.most") : null;
}

/** What changes from some groups to others, in words; null where nothing does. */
export function useGroupChange(region: string, before: readonly string[], after: readonly string[]): string | null {
  const text = useText();
  const { value: groups = [] } = useListing(useMemo(() => securityGroupsOf(region), [region]));
  const named = (ids: readonly string[]): string => {
    const rows = groups.filter(({ id }) => ids.includes(id));
    return rows.map(rowLabel).join(", ") || text("none");
  };
  const [added, removed] = [after.filter((id) => !before.includes(id)), before.filter((id) => !after.includes(id))];
  if (added.length + removed.length === 0) return null;
  return `${text("changeGroups.will", { added: named(added), removed: named(removed) })} ${text("changeGroups.atOnce")}`;
}
