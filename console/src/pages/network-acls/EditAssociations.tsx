/** Edit which subnets have a network ACL: says which ACL each loses; what is deselected gets the default one of the VPC. */
import Table from "@cloudscape-design/components/table";
import { useState, type ReactNode } from "react";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { step } from "../../resource/steps";
import { useText } from "../../texts/texts";
import { rowLabel, subnetLabel, subnetsWith, type AclRow, type AclSubnet } from "./model";

interface Properties {
  region: string;
  items: Chosen<AclRow>;
  close: () => void;
}

export function EditAssociations({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [chosen, choose] = useState<ReadonlyMap<string, boolean>>(new Map()); // only what the reader chose here
  const isWanted = ({ id, aclId }: AclSubnet): boolean => chosen.get(id) ?? aclId === row.id;
  const moved = (to: string) => (one: AclSubnet): Planned => ({
    step: step("ReplaceNetworkAclAssociation", { AssociationId: one.associationId, NetworkAclId: to }),
    forget: () => choose((before) => new Map([...before].filter(([id]) => id !== one.id))),
    words: text("aclSubnets.step", { subnet: subnetLabel(one), before: one.aclId, after: to }),
  });
  const added = row.subnets.filter((one) => one.aclId !== row.id && isWanted(one));
  const removed = subnetsWith(row).filter((one) => !isWanted(one));
  const isKept = row.acl.IsDefault && removed.length > 0;
  return (
    <CallsDialog
      region={region}
      title={`${text("action.editAclSubnets")}: ${rowLabel(row)}`}
      go={text("save")}
      planned={[...added.map(moved(row.id)), ...(isKept ? [] : removed.map(moved(row.usual)))]}
      hindered={isKept ? text("aclSubnets.default", { subnets: removed.map(subnetLabel).join(", ") }) : null}
      state={row.subnets.map(({ associationId }) => associationId).join()}
      done={() => text("settings.changed", { what: text("action.editAclSubnets"), name: rowLabel(row) })}
      close={close}
    >
      <Table
        variant="embedded"
        selectionType="multi"
        items={row.subnets}
        trackBy="id"
        selectedItems={row.subnets.filter(isWanted)}
        onSelectionChange={({ detail }) => {
          const selected = new Set(detail.selectedItems.map(({ id }) => id));
          const changed = row.subnets.filter((one) => isWanted(one) !== selected.has(one.id));
          choose(new Map([...chosen, ...changed.map(({ id }) => [id, selected.has(id)] as const)]));
        }}
        empty={text("aclSubnets.none")}
        ariaLabels={{
          tableLabel: text("aclSubnets.available"),
          selectionGroupLabel: text("aclSubnets.available"),
          allItemsSelectionLabel: () => text("table.selectAll"),
          itemSelectionLabel: (_, one) => text("table.select", { name: subnetLabel(one) }),
        }}
        columnDefinitions={[
          { id: "id", header: text("instance.subnet"), cell: subnetLabel, isRowHeader: true },
          { id: "acl", header: text("aclSubnets.now"), cell: ({ aclId }) => aclId },
          { id: "zone", header: text("instance.zone"), cell: ({ subnet }) => subnet.AvailabilityZone },
          { id: "block", header: text("acl.block"), cell: ({ subnet }) => subnet.CidrBlock },
        ]}
      />
    </CallsDialog>
  );
}
