/** The private addresses of one network interface, of which the further ones can be taken away and added. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import type { ReactNode } from "react";
import { useSteadyOrder } from "../../resource/steadyOrder";
import { useText } from "../../texts/texts";
import type { Edits } from "./addresses";
import { inWords } from "./InterfaceChoice";
import { publicOf, rowLabel, secondaryOf, type InterfaceRow } from "./model";

interface Row {
  address: string;
  isPrimary: boolean;
  /** Its place among those that are to be added, where it is one: the address is typed, or none yet. */
  added?: number;
}

interface Properties {
  row: InterfaceRow;
  edits: Edits;
  /** Why an address that is typed cannot be given. */
  problem: (address: string) => string | null;
  onChange: (edits: Edits) => void;
}

export function AddressRows({ row, edits, problem, onChange }: Properties): ReactNode {
  const text = useText();
  const there = secondaryOf(row.eni).filter((address) => !edits.removed.includes(address));
  const rows = useSteadyOrder<Row>(
    [
      { address: row.eni.PrivateIpAddress ?? "", isPrimary: true },
      ...there.map((address) => ({ address, isPrimary: false })),
      ...edits.added.map((address, added) => ({ address, isPrimary: false, added })),
    ],
    keyOf,
  );
  const remove = ({ address, added }: Row): void => {
    if (added !== undefined) onChange({ ...edits, added: edits.added.filter((_, at) => at !== added) });
    else onChange({ ...edits, removed: [...edits.removed, address] });
  };
  return (
    <Container header={<Header variant="h3" description={inWords(text, row)}>{rowLabel(row)}</Header>}>
      <AttributeEditor<Row>
        items={rows}
        gridLayout={[{ breakpoint: "xs", rows: [[2, 2]], removeButton: { width: "auto" } }, { rows: [[1], [1]] }]}
        definition={[
          {
            label: text("eip.privateIp"),
            errorText: ({ address, added }) => (added === undefined ? null : problem(address)),
            control: ({ address, added }) => (
              <Input
                value={address}
                disabled={added === undefined}
                placeholder={text("createInterface.auto")}
                onChange={({ detail }) => added !== undefined && onChange({ ...edits, added: edits.added.with(added, detail.value.trim()) })}
              />
            ),
          },
          {
            label: text("instance.publicIp"),
            control: ({ address, added }) => <Input value={added === undefined ? publicFor(row, address) : "–"} disabled />,
          },
        ]}
        isItemRemovable={({ isPrimary }) => !isPrimary}
        addButtonText={text("addresses.add")}
        onAddButtonClick={() => onChange({ ...edits, added: [...edits.added, ""] })}
        removeButtonText={text("addresses.remove")}
        removeButtonAriaLabel={({ address }) => `${text("addresses.remove")} ${address}`}
        onRemoveButtonClick={({ detail }) => remove(rows[detail.itemIndex]!)}
      />
    </Container>
  );
}

function keyOf({ address, added }: Row): string {
  return added === undefined ? address : `new ${added}`;
}

function publicFor({ eni }: InterfaceRow, address: string): string {
  const found = (eni.PrivateIpAddresses ?? []).filter(({ PrivateIpAddress }) => PrivateIpAddress === address);
  return publicOf({ PrivateIpAddresses: found })[0] ?? "–";
}
