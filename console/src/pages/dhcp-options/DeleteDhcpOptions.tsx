/** Delete DHCP option sets, which no VPC may have. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { optionsText, type OptionsRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<OptionsRow>;
  close: () => void;
}

export function DeleteDhcpOptions({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const ids = ({ vpcs }: OptionsRow): string => vpcs.map(({ VpcId }) => VpcId).join(", ");
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={(row) => label(row.id, row.name)}
      title={text("dhcp.deleteTitle", { count: items.length })}
      what={text("action.deleteDhcpOptions")}
      action="DeleteDhcpOptions"
      parameters={(row) => ({ DhcpOptionsId: row.id })}
      prospect={({ options }) => ({ type: "warning", text: text("dhcp.willDelete", { options: optionsText(options) }) })}
      why={(row) => (row.vpcs.length === 0 ? null : text("dhcp.used", { vpcs: ids(row) }))}
      stateOf={ids}
      close={close}
    />
  );
}
