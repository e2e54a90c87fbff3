/** Delete network interfaces: says which addresses go with each. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { instanceLabel, leadingTo, rowLabel, secondaryOf, stateOf, type InterfaceRow } from "./model";

export function DeleteInterfaces({ region, items, close }: { region: string; items: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const text = useText();
  const lost = ({ eni }: InterfaceRow): string => {
    const values = { addresses: [eni.PrivateIpAddress, ...secondaryOf(eni)].join(", ") };
    const elastic = leadingTo(eni).map(({ publicIp }) => publicIp);
    const rest = elastic.length === 0 ? [] : [text("deleteInterface.elastic", { addresses: elastic.join(", ") })];
    return [text("deleteInterface.will", values), ...rest].join(" ");
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("deleteInterface.title", { count: items.length })}
      what={text("action.deleteInterface")}
      action="DeleteNetworkInterface"
      parameters={({ id }) => ({ NetworkInterfaceId: id })}
      prospect={(row) => ({ type: "warning", text: lost(row) })}
      why={(row) => (row.eni.Attachment === undefined ? null : text("eni.isUsed", { instance: instanceLabel(row) }))}
      stateOf={stateOf}
      close={close}
    />
  );
}
