/** Elastic IP addresses that lead to a network interface, from its own page and from its instance's. */
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ChoiceField } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { AssociateAddress } from "../elastic-ips/AssociateAddress";
import { DisassociateAddresses } from "../elastic-ips/DisassociateAddresses";
import { addressesOf, rowLabel, whereTo } from "../elastic-ips/model";
import { useInterface } from "./InterfaceChoice";
import type { InterfaceRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<InterfaceRow>;
  close: () => void;
}

export function AssociateWith({ region, items: [{ id }], close }: Properties): ReactNode {
  return <AssociateAddress region={region} to={{ kind: "interface", id }} close={close} />;
}

/** An address for an instance: where it has several network interfaces, EC2 wants to know which. */
export function AssociateWithInstance({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const [{ id, eni }, choice] = useInterface(rows);
  const isAlone = rows.length === 1;
  const to = isAlone ? ({ kind: "instance", id: eni.Attachment?.InstanceId ?? "" } as const) : ({ kind: "interface", id } as const);
  return <AssociateAddress key={id} region={region} to={to} choice={isAlone ? undefined : choice} close={close} />;
}

export function DisassociateFrom({ region, items, close }: Properties): ReactNode {
  return <DisassociateOne region={region} rows={items} close={close} />;
}

/** One of the addresses that lead to these interfaces. */
export function DisassociateOne({ region, rows, close }: { region: string; rows: Chosen<InterfaceRow>; close: () => void }): ReactNode {
  const { value = [] } = useListing(useMemo(() => addressesOf(region), [region]));
  const ids = rows.map(({ id }) => id);
  const leading = value.filter(({ address }) => ids.includes(address.NetworkInterfaceId ?? ""));
  const [chosen, choose] = useState("");
  const address = leading.find(({ id }) => id === chosen) ?? leading[0];
  if (address === undefined) return null; // until it is known
  const options = leading.map((row) => ({ value: row.id, label: rowLabel(row), description: whereTo(row).address }));
  return (
    <DisassociateAddresses region={region} items={[address]} close={close}>
      {leading.length > 1 && <ChoiceField label="elasticIp" value={address.id} options={options} onChange={choose} />}
    </DisassociateAddresses>
  );
}
