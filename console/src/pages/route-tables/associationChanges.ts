/** From the associations that subnets or gateways have to those that they are to have: the calls that do it. Pure. */
import { step, type Step } from "../../resource/steps";
import { associationOf, mainAssociation, type RouteTableRow } from "./model";

/** What is associated, as a call names it. */
export type Member = "SubnetId" | "GatewayId";

/** A subnet or a gateway. */
export interface End {
  id: string;
  label: string;
}

export interface AssociationChange {
  step: Step;
  end: End;
  change: "associate" | "move" | "disassociate";
  /** The table that it uses until then: of a subnet that uses none of its own, its VPC's main one. */
  from: string;
}

/** Whether a subnet or a gateway is associated with this table. */
export function uses({ id, ofVpc: { tables } }: RouteTableRow, end: string): boolean {
  return associationOf(tables, end)?.RouteTableId === id;
}

/** What is wanted where exactly these are `chosen`: it names no end that is so already, which others may change meanwhile. */
export function wantedOf(row: RouteTableRow, ends: readonly End[], chosen: ReadonlySet<string>): ReadonlyMap<string, boolean> {
  return new Map(ends.filter(({ id }) => chosen.has(id) !== uses(row, id)).map(({ id }) => [id, chosen.has(id)]));
}

/** `wanted`: which ends are to use this table, and which are not; what it does not name stays. */
export function associationChanges(
  { id: RouteTableId, ofVpc: { tables } }: RouteTableRow,
  member: Member,
  ends: readonly End[],
  wanted: ReadonlyMap<string, boolean>,
): AssociationChange[] {
  return ends.flatMap((end): AssociationChange[] => {
    const now = associationOf(tables, end.id);
    const [is, should] = [now?.RouteTableId === RouteTableId, wanted.get(end.id)];
    if (should === undefined || should === is) return [];
    const main = mainAssociation(tables)?.RouteTableId ?? "";
    const AssociationId = now?.RouteTableAssociationId ?? "";
    if (!should) return [{ step: step("DisassociateRouteTable", { AssociationId }), end, change: "disassociate", from: main }];
    if (now !== undefined) {
      const moved = step("ReplaceRouteTableAssociation", { AssociationId, RouteTableId });
      return [{ step: moved, end, change: "move", from: now.RouteTableId ?? "" }];
    }
    return [{ step: step("AssociateRouteTable", { RouteTableId, [member]: end.id }), end, change: "associate", from: main }];
  });
}
