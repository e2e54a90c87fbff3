/** Route tables: the columns, menus and tabs that EC2's console has. */
import type { Column, Menu, Resource } from "../../resource/resource";
import { Facts } from "../../resource/Facts";
import { at } from "../../shell/place";
import { useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { CreateRouteTable } from "./CreateRouteTable";
import { DeleteRouteTables, whatKeeps } from "./DeleteRouteTables";
import { EditEdgeAssociations, EditSubnetAssociations } from "./EditAssociations";
import { EditRoutes } from "./EditRoutes";
import { routeTablesOf, subnetLabel, type RouteTableRow } from "./model";
import { EdgeAssociations, SubnetAssociations } from "./RouteTableAssociations";
import { RouteTableRoutes } from "./RouteTableRoutes";
import { SetMain } from "./SetMain";

const PAGE = "route-tables";

/** The one subnet, or how many there are. */
function subnetsText({ subnets }: RouteTableRow, many: string): string {
  return subnets.length > 1 ? many : subnets.map(subnetLabel).join();
}

const columns: Column<RouteTableRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "routeTable.id",
    width: 225,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  {
    id: "subnets",
    header: "association.explicit",
    width: 270,
    value: (row, { text }) => subnetsText(row, text("association.count", { count: row.subnets.length })),
  },
  { id: "edges", header: "association.edges", width: 220, value: ({ gateways }) => gateways.join(", ") },
  { id: "main", header: "routeTable.main", width: 100, value: ({ isMain }, { text }) => text(isMain ? "yes" : "no") },
  {
    id: "vpc",
    header: "vpc",
    width: 220,
    value: (row) => row.vpc,
    cell: ({ vpc }, { region }) => <IdLink region={region} id={vpc} />,
  },
  { id: "owner", header: "ownerId", width: 150, value: ({ table }) => table.OwnerId ?? "" },
];

const menus: Menu<RouteTableRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, PAGE, row.id) },
      {
        id: "setMain",
        text: "action.setMain",
        hindered: ([row], text) => (row.isMain ? text("setMain.isMain", { vpc: row.vpc }) : null),
        dialog: SetMain,
      },
      { id: "subnets", text: "action.editSubnetAssociations", dialog: EditSubnetAssociations },
      { id: "edges", text: "action.editEdgeAssociations", dialog: EditEdgeAssociations },
      { id: "routes", text: "action.editRoutes", dialog: EditRoutes },
      {
        id: "delete",
        text: "action.deleteRouteTable",
        several: true,
        hindered: (rows, text) => {
          const reasons = rows.map((row) => whatKeeps(text, row));
          return reasons.every((reason) => reason !== null) ? reasons[0]! : null;
        },
        dialog: DeleteRouteTables,
      },
    ],
  },
];

function RouteTableFacts({ region, item: row }: { region: string; item: RouteTableRow }) {
  const text = useText();
  return (
    <Facts
      facts={[
        ["routeTable.id", row.id],
        ["routeTable.main", text(row.isMain ? "yes" : "no")],
        ["association.explicit", subnetsText(row, text("association.count", { count: row.subnets.length }))],
        ["association.edges", row.gateways.join(", ")],
        ["vpc", <IdLink region={region} id={row.vpc} />],
        ["ownerId", row.table.OwnerId],
      ]}
    />
  );
}

const routeTables: Resource<RouteTableRow> = {
  page: PAGE,
  title: "routeTables",
  listing: routeTablesOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ table }) => table.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createRouteTable", dialog: CreateRouteTable },
  tabs: [
    { id: "details", label: "tab.details", view: RouteTableFacts },
    { id: "routes", label: "routes", view: RouteTableRoutes },
    { id: "subnets", label: "tab.subnetAssociations", view: SubnetAssociations },
    { id: "edges", label: "association.edges", view: EdgeAssociations },
  ],
};

export default routeTables;
