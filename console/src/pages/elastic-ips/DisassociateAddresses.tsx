/** Disassociate Elastic IP addresses: says of each what is reached there no more. */
import type { ReactNode } from "react";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { isPrimary } from "../network-interfaces/model";
import { isAssociated, rowLabel, stateOf, whereTo, type AddressRow } from "./model";

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
      // EC2 refuses an address that is named by itself: so it says of those that lead nowhere.
      parameters={({ address: { AssociationId, PublicIp } }) => (AssociationId === undefined ? { PublicIp } : { AssociationId })}
      prospect={(row) => ({ type: "warning", text: will(row) })}
      why={(row) => (isAssociated(row) ? null : text("eip.leadsNowhere"))}
      stateOf={stateOf}
      close={close}
    >
      {children}
    </ForEach>
  );
}
