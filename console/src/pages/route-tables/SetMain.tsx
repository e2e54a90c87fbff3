/** Make a route table its VPC's main one: says which subnets follow it then. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { associationOf, mainAssociation, rowLabel, stateOf, subnetLabel, type RouteTableRow } from "./model";

export function SetMain({ region, items: [row], close }: { region: string; items: Chosen<RouteTableRow>; close: () => void }): ReactNode {
  const text = useText();
  const { tables, subnets } = row.ofVpc;
  const main = mainAssociation(tables);
  const followers = subnets.filter(({ SubnetId = "" }) => associationOf(tables, SubnetId) === undefined).map(subnetLabel);
  return (
    <CallDialog
      region={region}
      title={text("action.setMain")}
      action="ReplaceRouteTableAssociation"
      parameters={{ AssociationId: main?.RouteTableAssociationId ?? "", RouteTableId: row.id }}
      state={stateOf(row)}
      done={() => text("setMain.done", { table: rowLabel(row), vpc: row.vpc })}
      close={close}
    >
      <Alert type="warning" header={text("setMain.will", { table: rowLabel(row), vpc: row.vpc, before: main?.RouteTableId ?? "" })}>
        {followers.length === 0 ? text("setMain.none") : text("setMain.subnets", { subnets: followers.join(", ") })}
      </Alert>
    </CallDialog>
  );
}
