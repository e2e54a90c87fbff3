/** Delete security groups: says what goes with each, or what keeps it. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText, type Text } from "../../texts/texts";
import { groupLabel, isDefault, rowLabel, type Row } from "./model";

export function DeleteGroups({ region, items, close }: { region: string; items: Chosen<Row>; close: () => void }): ReactNode {
  const text = useText();
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("deleteGroup.title", { count: items.length })}
      what={text("action.deleteGroup")}
      action="DeleteSecurityGroup"
      parameters={(row) => ({ GroupId: row.id })}
      prospect={({ rules }) => ({
        type: "warning",
        text: text("deleteGroup.will", { inbound: rules.inbound.length, outbound: rules.outbound.length }),
      })}
      why={(row) => whatKeeps(text, row)}
      stateOf={(row) => whatKeeps(text, row) ?? ""}
      close={close}
    />
  );
}

/** What a group cannot be deleted for; null where nothing is known. */
export function whatKeeps(text: Text, row: Row): string | null {
  if (isDefault(row)) return text("deleteGroup.default", { vpc: row.group.VpcId ?? "" });
  const interfaces = row.interfaces.map(({ NetworkInterfaceId, Attachment }) =>
    Attachment?.InstanceId === undefined ? NetworkInterfaceId : `${NetworkInterfaceId} (${Attachment.InstanceId})`,
  );
  const rules = row.namedBy.map((rule) => `${rule.id} (${groupLabel(rule.group, row.groups)})`);
  const reasons = [
    ...(interfaces.length > 0 ? [text("deleteGroup.interfaces", { interfaces: interfaces.join(", ") })] : []),
    ...(rules.length > 0 ? [text("deleteGroup.rules", { rules: rules.join(", ") })] : []),
  ];
  return reasons.length === 0 ? null : reasons.join(" ");
}
