/** Delete network ACLs: says what goes with each, or what keeps it. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText, type Text } from "../../texts/texts";
import { isLast } from "./entries";
import { rowLabel, subnetLabel, subnetsWith, type AclRow } from "./model";

export function DeleteAcls({ region, items, close }: { region: string; items: Chosen<AclRow>; close: () => void }): ReactNode {
  const text = useText();
  const count = ({ entries }: AclRow, way: "inbound" | "outbound"): number => entries[way].filter((entry) => !isLast(entry)).length;
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("deleteAcl.title", { count: items.length })}
      what={text("deleteAcl.go")}
      action="DeleteNetworkAcl"
      parameters={({ id }) => ({ NetworkAclId: id })}
      prospect={(row) => ({
        type: "warning",
        text: text("deleteAcl.will", { inbound: count(row, "inbound"), outbound: count(row, "outbound") }),
      })}
      why={(row) => whatKeeps(text, row)}
      stateOf={(row) => whatKeeps(text, row) ?? ""}
      close={close}
    />
  );
}

function whatKeeps(text: Text, row: AclRow): string | null {
  if (row.acl.IsDefault) return text("deleteAcl.default", { vpc: row.acl.VpcId ?? "" });
  const subnets = subnetsWith(row).map(subnetLabel);
  return subnets.length === 0 ? null : text("deleteAcl.subnets", { subnets: subnets.join(", ") });
}
