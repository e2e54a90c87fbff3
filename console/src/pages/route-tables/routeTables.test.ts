import { expect, test } from "vitest";
import type { Route, RouteTable, Subnet } from "../../api/types";
import { associationChanges, wantedOf } from "./associationChanges";
import { rowsOf } from "./model";
import { aimless, changesOf, NO_EDITS, type Edits } from "./routeEdits";
import { routesTo } from "./routesTo";

const local: Route = { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" };
const out: Route = { DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", Origin: "CreateRoute", State: "active" };
const edits = (more: Partial<Edits>): Edits => ({ ...NO_EDITS, ...more });
const calls = (routes: Route[], more: Partial<Edits>) =>
  changesOf("rtb-1", routes, edits(more)).map(({ step }) => [step.action, step.parameters]);

test("where nothing is edited nothing is called, nor for a route that leads where it leads already", () => {
  expect(calls([local, out], {})).toEqual([]);
  expect(calls([out], { replaced: new Map([["0.0.0.0/0", { kind: "internet", id: "igw-1" }]]) })).toEqual([]);
});

test("what is added comes before what goes, each destination by its own member", () => {
  const added = [
    { number: 1, destination: " 192.0.2.0/24 ", kind: "nat", id: "nat-1" } as const,
    { number: 2, destination: "::/0", kind: "egressOnly", id: "eigw-1" } as const,
    { number: 3, destination: "pl-1", kind: "instance", id: "i-1" } as const,
    { number: 4, destination: "198.51.100.0/24", kind: "", id: "" } as const, // not whole: it waits
  ];
  expect(calls([local, out], { added, removed: new Set(["0.0.0.0/0"]) })).toEqual([
    ["CreateRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "192.0.2.0/24", NatGatewayId: "nat-1" }],
    ["CreateRoute", { RouteTableId: "rtb-1", DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: "eigw-1" }],
    ["CreateRoute", { RouteTableId: "rtb-1", DestinationPrefixListId: "pl-1", InstanceId: "i-1" }],
    ["DeleteRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0" }],
  ]);
});

test("a local route leads to an interface and back", () => {
  const replaced = new Map([["10.0.0.0/16", { kind: "interface", id: "eni-1" } as const]]);
  expect(calls([local], { replaced })).toEqual([
    ["ReplaceRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "10.0.0.0/16", NetworkInterfaceId: "eni-1" }],
  ]);
  const elsewhere = { ...local, GatewayId: undefined, NetworkInterfaceId: "eni-1" } as unknown as Route;
  expect(calls([elsewhere], { replaced: new Map([["10.0.0.0/16", { kind: "local", id: "" }]]) })).toEqual([
    ["ReplaceRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "10.0.0.0/16", LocalTarget: true }],
  ]);
});

test("a call that was made leaves the edits, and only its own", () => {
  const more = edits({
    removed: new Set(["0.0.0.0/0"]),
    added: [{ number: 1, destination: "192.0.2.0/24", kind: "internet", id: "igw-1" }],
  });
  const [added, removed] = changesOf("rtb-1", [local, out], more);
  expect(added!.without(more)).toEqual({ ...more, added: [] });
  expect(removed!.without(more)).toEqual({ ...more, removed: new Set() });
});

test("a route whose target is of another kind but not chosen waits for it", () => {
  const replaced = new Map([["0.0.0.0/0", { kind: "nat", id: "" } as const], ["10.0.0.0/16", { kind: "local", id: "" } as const]]);
  expect(aimless([local, out], edits({ replaced }))).toEqual(["0.0.0.0/0"]);
  expect(aimless([local, out], edits({ replaced, removed: new Set(["0.0.0.0/0"]) }))).toEqual([]);
  expect(aimless([local], edits({ replaced }))).toEqual([]);
});

test("a route that is removed and added again is replaced, or left as it is", () => {
  const again = (id: string) => [{ number: 1, destination: " 0.0.0.0/0", kind: "internet", id } as const];
  const other = { number: 2, destination: "192.0.2.0/24", kind: "nat", id: "nat-1" } as const;
  const more = edits({ removed: new Set(["0.0.0.0/0"]), added: [...again("igw-2"), other] });
  const [replaced, added, ...rest] = changesOf("rtb-1", [local, out], more);
  expect([replaced, added].map((one) => [one!.step.action, one!.step.parameters])).toEqual([
    ["ReplaceRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-2" }],
    ["CreateRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "192.0.2.0/24", NatGatewayId: "nat-1" }],
  ]);
  expect(rest).toEqual([]);
  expect(replaced!.without(more)).toEqual(edits({ added: [other] }));
  expect(calls([out], { removed: new Set(["0.0.0.0/0"]), added: again("igw-1") })).toEqual([]);
  expect(calls([], { removed: new Set(["0.0.0.0/0"]), added: again("igw-1") })).toMatchObject([["CreateRoute", { GatewayId: "igw-1" }]]);
});

test("a route from outside is not undone, and one that is gone is not deleted again", () => {
  const removed = new Set(["0.0.0.0/0"]);
  const fromOutside: Route = { ...out, DestinationCidrBlock: "203.0.113.0/24" };
  expect(calls([local, fromOutside], { removed })).toEqual([]);
});

const table = (id: string, associations: RouteTable["Associations"], routes: Route[] = []): RouteTable => ({
  RouteTableId: id,
  VpcId: "vpc-1",
  Associations: associations,
  Routes: routes,
});
const subnets: Subnet[] = ["a", "b", "c"].map((one) => ({ SubnetId: `subnet-${one}`, VpcId: "vpc-1" }));
const tables = [
  table("rtb-main", [{ RouteTableAssociationId: "assoc-main", RouteTableId: "rtb-main", Main: true }], [local, out]),
  table("rtb-1", [{ RouteTableAssociationId: "assoc-a", RouteTableId: "rtb-1", SubnetId: "subnet-a", Main: false }], [out]),
  table("rtb-2", [{ RouteTableAssociationId: "assoc-b", RouteTableId: "rtb-2", SubnetId: "subnet-b", Main: false }]),
];

test("the main table is used by the subnets without an association, another one by its own alone", () => {
  const [main, one] = rowsOf(tables, subnets);
  expect([main!.isMain, main!.subnets, main!.implicit.map(({ SubnetId }) => SubnetId)]).toEqual([true, [], ["subnet-c"]]);
  expect([one!.isMain, one!.subnets.map(({ SubnetId }) => SubnetId), one!.implicit]).toEqual([false, ["subnet-a"], []]);
});

test("subnets are associated, moved and disassociated by a call each, and those that stay by none", () => {
  const row = rowsOf(tables, subnets)[1]!;
  const ends = subnets.map(({ SubnetId = "" }) => ({ id: SubnetId, label: SubnetId }));
  const changes = (wanted: [string, boolean][]) =>
    associationChanges(row, "SubnetId", ends, new Map(wanted)).map(({ step, change, from }) => [step.action, step.parameters, change, from]);
  expect(changes([["subnet-a", true], ["subnet-b", false]])).toEqual([]);
  expect(changes([["subnet-a", false], ["subnet-b", true], ["subnet-c", true]])).toEqual([
    ["DisassociateRouteTable", { AssociationId: "assoc-a" }, "disassociate", "rtb-main"],
    ["ReplaceRouteTableAssociation", { AssociationId: "assoc-b", RouteTableId: "rtb-1" }, "move", "rtb-2"],
    ["AssociateRouteTable", { RouteTableId: "rtb-1", SubnetId: "subnet-c" }, "associate", "rtb-main"],
  ]);
});

test("what was not ticked is not wanted, so that what others change of it meanwhile stays", () => {
  const row = rowsOf(tables, subnets)[1]!;
  const ends = subnets.map(({ SubnetId = "" }) => ({ id: SubnetId, label: SubnetId }));
  const wanted = wantedOf(row, ends, new Set(["subnet-a", "subnet-c"]));
  expect([...wanted]).toEqual([["subnet-c", true]]);
  const isGone = tables.map((one) => (one.RouteTableId === "rtb-1" ? { ...one, Associations: [] } : one));
  const later = associationChanges(rowsOf(isGone, subnets)[1]!, "SubnetId", ends, wanted);
  expect(later.map(({ step: { action }, end }) => [action, end.id])).toEqual([["AssociateRouteTable", "subnet-c"]]);
});

test("the routes to a gateway are named with their tables", () => {
  expect(routesTo(rowsOf(tables, subnets), "igw-1")).toBe("0.0.0.0/0 (rtb-main), 0.0.0.0/0 (rtb-1)");
  expect(routesTo(rowsOf(tables, subnets), "nat-1")).toBe("");
});
