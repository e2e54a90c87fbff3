/** Disassociate Elastic IP addresses: says of each what is reached there no more. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { isPrimary } from "../network-interfaces/model";
import { rowLabel, stateOf, whereTo, type AddressRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<AddressRow>;
  close: () => void;
  /** Chooses the address, where there are several to choose from. */
  children?: ReactNode;
}

export function DisassociateAddresses({ region, items, close, children }: Properties): ReactNode {
  const text = useText();
  const will = (row: AddressRow): string => {
    const lost = text("disassociateEip.will", { elastic: row.address.PublicIp ?? "", ...whereTo(row) });
    const eni = row.to?.eni;
    const isOfInstance = eni !== undefined && isPrimary(eni) && eni.PrivateIpAddress === row.address.PrivateIpAddress;
    return isOfInstance ? `${lost} ${text("disassociateEip.lent")}` : lost;
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("action.disassociateElastic")}
      what={text("disassociateEip.go")}
      action="DisassociateAddress"
      parameters={({ address: { AssociationId, PublicIp } }) => (AssociationId === undefined ? { PublicIp } : { AssociationId })}
      prospect={(row) =>
        row.address.AssociationId === undefined
          ? { type: "info", text: text("eip.leadsNowhere") }
          : { type: "warning", text: will(row) }
      }
      stateOf={stateOf}
      close={close}
    >
      {children}
    </ForEach>
  );
}
