/** Release Elastic IP addresses: says of each that it cannot be counted on again, or what keeps it. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { isAssociated, rowLabel, stateOf, whereTo, type AddressRow } from "./model";

export function ReleaseAddresses({ region, items, close }: { region: string; items: Chosen<AddressRow>; close: () => void }): ReactNode {
  const text = useText();
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("releaseEip.title", { count: items.length })}
      what={text("releaseEip.go")}
      action="ReleaseAddress"
      parameters={({ id }) => ({ AllocationId: id })}
      prospect={({ address }) => ({ type: "warning", text: text("releaseEip.will", { address: address.PublicIp ?? "" }) })}
      why={(row) => (isAssociated(row) ? text("releaseEip.used", whereTo(row)) : null)}
      stateOf={stateOf}
      close={close}
    />
  );
}
