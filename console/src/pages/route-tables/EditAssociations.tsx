/** Choose which subnets, or which internet gateways, use a route table: associates, moves and disassociates several. */
import Alert from "@cloudscape-design/components/alert";
import Table from "@cloudscape-design/components/table";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { useText, type Text, type TextKey } from "../../texts/texts";
import { associationChanges, uses, wantedOf, type AssociationChange, type End, type Member } from "./associationChanges";
import { associationOf, ipv6Of, mainAssociation, rowLabel, stateOf, subnetLabel, type RouteTableRow } from "./model";
import { choicesOf } from "./targets";

const WORDS: Record<Member, Record<AssociationChange["change"], TextKey>> = {
  SubnetId: {
    associate: "association.associate",
    move: "association.move",
    disassociate: "association.disassociate",
  },
  GatewayId: {
    associate: "association.edge.associate",
    move: "association.edge.move",
    disassociate: "association.edge.disassociate",
  },
};

interface Properties {
  region: string;
  items: Chosen<RouteTableRow>;
  close: () => void;
}

export function EditSubnetAssociations({ items, ...rest }: Properties): ReactNode {
  const ends = items[0].ofVpc.subnets.map((subnet) => ({
    id: subnet.SubnetId ?? "",
    label: subnetLabel(subnet),
    cidr: [subnet.CidrBlock, ipv6Of(subnet)].filter(Boolean).join(", "),
  }));
  return <EditAssociations {...rest} items={items} member="SubnetId" title="action.editSubnetAssociations" ends={ends} />;
}

export function EditEdgeAssociations({ region, items, close }: Properties): ReactNode {
  const { value: choices } = useListing(useMemo(() => choicesOf(region), [region]));
  const ends = (choices?.get(items[0].vpc) ?? []).filter(({ kind }) => kind === "internet").map((one) => ({ ...one, cidr: "" }));
  return (
    <EditAssociations region={region} items={items} close={close} member="GatewayId" title="action.editEdgeAssociations" ends={ends} />
  );
}

interface Given extends Properties {
  member: Member;
  title: TextKey;
  ends: readonly (End & { cidr: string })[];
}

function EditAssociations({ region, items: [row], close, member, title, ends }: Given): ReactNode {
  const text = useText();
  const [wanted, setWanted] = useState<ReadonlyMap<string, boolean>>(new Map()); // where it differs from what is
  const isIn = (id: string): boolean => wanted.get(id) ?? uses(row, id);
  const forget = (id: string): void => setWanted((before) => new Map([...before].filter(([one]) => one !== id)));
  const isSubnets = member === "SubnetId";
  const planned = associationChanges(row, member, ends, wanted).map(
    ({ step, end, change, from }): Planned => ({
      step,
      words: text(WORDS[member][change], { end: end.label, from, table: row.id }),
      forget: () => forget(end.id),
    }),
  );
  return (
    <CallsDialog
      region={region}
      title={`${text(title)}: ${rowLabel(row)}`}
      go={text("association.save")}
      planned={planned}
      state={stateOf(row)}
      done={(count) => text("association.done", { table: rowLabel(row), count })}
      close={close}
      size="max"
    >
      <Table
        variant="embedded"
        items={ends}
        trackBy="id"
        selectionType="multi"
        selectedItems={ends.filter(({ id }) => isIn(id))}
        onSelectionChange={({ detail }) => setWanted(wantedOf(row, ends, new Set(detail.selectedItems.map(({ id }) => id))))}
        empty={text(isSubnets ? "association.noSubnets" : "association.noGateways")}
        ariaLabels={{
          tableLabel: text(title),
          selectionGroupLabel: text(title),
          allItemsSelectionLabel: () => text("table.selectAll"),
          itemSelectionLabel: (_, end) => text("table.select", { name: end.label }),
        }}
        columnDefinitions={[
          { id: "id", header: text(isSubnets ? "instance.subnet" : "internetGateway.id"), cell: ({ label }) => label, isRowHeader: true },
          ...(isSubnets ? [{ id: "cidr", header: text("association.cidr"), cell: ({ cidr }: (typeof ends)[number]) => cidr }] : []),
          { id: "now", header: text("association.now"), cell: ({ id }) => tableNow(text, row, id, isSubnets) },
        ]}
      />
      <Alert type="info">{text(isSubnets ? "association.help" : "association.edge.help")}</Alert>
    </CallsDialog>
  );
}

/** Which table a subnet or a gateway uses now. */
function tableNow(text: Text, { ofVpc: { tables } }: RouteTableRow, end: string, isSubnet: boolean): string {
  const own = associationOf(tables, end)?.RouteTableId;
  if (own !== undefined) return own;
  return isSubnet ? text("association.main", { table: mainAssociation(tables)?.RouteTableId ?? "" }) : "–";
}
