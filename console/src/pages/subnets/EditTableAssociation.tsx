/** Edit the route table association of a subnet: another table, or its VPC's main one again. */
import { useState, type ReactNode } from "react";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import { ChoiceField } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { step, type Step } from "../../resource/steps";
import { useText } from "../../texts/texts";
import { RouteTableRoutes } from "../route-tables/RouteTableRoutes";
import { mainTableOf } from "../vpcs/network";
import { rowLabel, tableLabel, type SubnetRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<SubnetRow>;
  close: () => void;
}

/** No association: the VPC's main table is the subnet's. */
const MAIN = "";

export function EditTableAssociation({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [chosen, choose] = useState<string>();
  const now = row.hasMain ? MAIN : (row.table?.RouteTableId ?? MAIN);
  const id = chosen ?? now;
  const main = mainTableOf(row.tables);
  const table = id === MAIN ? main : row.tables.find(({ RouteTableId }) => RouteTableId === id);
  const name = table === undefined ? "" : tableLabel(table);
  const planned: Planned[] =
    id === now ? [] : [{ step: changeOf(row, id), words: text("subnetChange.will", { subnet: rowLabel(row), to: name }), forget: () => choose(undefined) }];
  return (
    <CallsDialog
      region={region}
      title={text("action.editTableAssociation")}
      go={text("saveChanges")}
      planned={planned}
      state={`${now} ${row.association}`}
      done={() => text("subnetChange.done", { subnet: rowLabel(row), to: name })}
      close={close}
    >
      <ChoiceField
        label="subnet.table"
        value={id}
        onChange={choose}
        description={text("subnetChange.tableHelp")}
        options={[
          { value: MAIN, label: text("subnetChange.main"), description: main && tableLabel(main) },
          ...row.tables.map((one) => ({ value: one.RouteTableId ?? "", label: tableLabel(one) })),
        ]}
      />
      {table && <RouteTableRoutes region={region} item={{ table }} />}
    </CallsDialog>
  );
}

/** The call that gives the subnet this table. */
export function changeOf({ id, association }: Pick<SubnetRow, "id" | "association">, table: string): Step {
  if (association === undefined) return step("AssociateRouteTable", { SubnetId: id, RouteTableId: table });
  if (table === MAIN) return step("DisassociateRouteTable", { AssociationId: association });
  return step("ReplaceRouteTableAssociation", { AssociationId: association, RouteTableId: table });
}
