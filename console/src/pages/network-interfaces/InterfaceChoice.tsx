/** Which of several network interfaces a dialog is about; with one alone there is nothing to choose. */
import FormField from "@cloudscape-design/components/form-field";
import { useMemo, useState, type ComponentType, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ChoiceField } from "../../resource/fields";
import type { ActionDialog, Chosen } from "../../resource/resource";
import { useText, type Text } from "../../texts/texts";
import type { Row } from "../instances/model";
import { instanceLabel, networkInterfacesOf, rowLabel, type InterfaceRow } from "./model";

/** The one that is chosen, the first at first, and the field that chooses it. */
export function useInterface(rows: Chosen<InterfaceRow>): readonly [InterfaceRow, ReactNode] {
  const text = useText();
  const [chosen, choose] = useState(rows[0].id);
  const row = rows.find(({ id }) => id === chosen) ?? rows[0];
  if (rows.length === 1) return [row, <FormField label={text("eni.id")}>{rowLabel(row)}</FormField>];
  const options = rows.map((one) => ({ value: one.id, label: rowLabel(one), description: inWords(text, one) }));
  return [row, <ChoiceField label="eni.id" value={row.id} options={options} onChange={choose} />];
}

/** A dialog about the network interfaces of an instance, with which it has `rows`. */
export function ofInstance(
  Dialog: ComponentType<{ region: string; rows: Chosen<InterfaceRow>; close: () => void }>,
  isMeant: (row: InterfaceRow) => boolean = () => true,
): ActionDialog<Row> {
  return function OfInstance({ region, items: [{ id }], close }) {
    const { value = [] } = useListing(useMemo(() => networkInterfacesOf(region), [region]));
    const [first, ...more] = value
      .filter((row) => row.eni.Attachment?.InstanceId === id && isMeant(row))
      .toSorted((one, other) => indexOf(one) - indexOf(other));
    return first === undefined ? null : <Dialog region={region} rows={[first, ...more]} close={close} />;
  };
}

/** `Device index 1, 10.0.0.5`: what tells it from the others of its instance. */
export function inWords(text: Text, row: InterfaceRow): string {
  const { PrivateIpAddress = "", Description, Attachment } = row.eni;
  const place = Attachment?.DeviceIndex === undefined ? [] : [`${text("interface.deviceIndex")} ${Attachment.DeviceIndex}`];
  return [...place, PrivateIpAddress, Description, instanceLabel(row)].filter(Boolean).join(", ");
}

function indexOf({ eni }: InterfaceRow): number {
  return eni.Attachment?.DeviceIndex ?? 0;
}
