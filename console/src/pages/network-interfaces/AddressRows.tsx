/** The private addresses of one network interface, of which the further ones can be taken away and added. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { Edits } from "./addresses";
import { inWords } from "./InterfaceChoice";
import { publicOf, rowLabel, secondaryOf, type InterfaceRow } from "./model";

/** `isNew`: the address is typed, or none yet. */
interface Row {
  address: string;
  isPrimary: boolean;
  isNew: boolean;
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
  const rows: Row[] = [
    { address: row.eni.PrivateIpAddress ?? "", isPrimary: true, isNew: false },
    ...there.map((address) => ({ address, isPrimary: false, isNew: false })),
    ...edits.added.map((address) => ({ address, isPrimary: false, isNew: true })),
  ];
  const first = rows.length - edits.added.length; // of those that are new
  const remove = (index: number): void => {
    const removed = rows[index]!;
    if (removed.isNew) onChange({ ...edits, added: edits.added.filter((_, at) => at !== index - first) });
    else onChange({ ...edits, removed: [...edits.removed, removed.address] });
  };
  return (
    <Container header={<Header variant="h3" description={inWords(text, row)}>{rowLabel(row)}</Header>}>
      <AttributeEditor<Row>
        items={rows}
        gridLayout={[{ breakpoint: "xs", rows: [[2, 2]], removeButton: { width: "auto" } }, { rows: [[1], [1]] }]}
        definition={[
          {
            label: text("eip.privateIp"),
            errorText: ({ address, isNew }) => (isNew ? problem(address) : null),
            control: ({ address, isNew }, index) => (
              <Input
                value={address}
                disabled={!isNew}
                placeholder={text("createInterface.auto")}
                onChange={({ detail }) => onChange({ ...edits, added: edits.added.with(index - first, detail.value.trim()) })}
              />
            ),
          },
          {
            label: text("instance.publicIp"),
            control: ({ address, isNew }) => <Input value={isNew ? "–" : publicFor(row, address)} disabled />,
          },
        ]}
        isItemRemovable={({ isPrimary }) => !isPrimary}
        addButtonText={text("addresses.add")}
        onAddButtonClick={() => onChange({ ...edits, added: [...edits.added, ""] })}
        removeButtonText={text("addresses.remove")}
        removeButtonAriaLabel={({ address }) => `${text("addresses.remove")} ${address}`}
        onRemoveButtonClick={({ detail }) => remove(detail.itemIndex)}
      />
    </Container>
  );
}

function publicFor({ eni }: InterfaceRow, address: string): string {
  const found = (eni.PrivateIpAddresses ?? []).filter(({ PrivateIpAddress }) => PrivateIpAddress === address);
  return publicOf({ PrivateIpAddresses: found })[0] ?? "–";
}
