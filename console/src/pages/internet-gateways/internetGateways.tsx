/** Internet gateways: the columns, menus and tabs that EC2's console has. */
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { AttachGateway } from "./AttachGateway";
import { CreateGateway } from "./CreateGateway";
import { DeleteGateways } from "./DeleteGateways";
import { DetachGateways } from "./DetachGateways";
import { internetGatewaysOf, stateOf, type InternetGatewayRow } from "./model";

const PAGE = "internet-gateways";

const columns: Column<InternetGatewayRow>[] = [
  { id: "name", header: "instance.name", width: 180, value: (row) => row.name },
  {
    id: "id",
    header: "internetGateway.id",
    width: 240,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  {
    id: "state",
    header: "gateway.state",
    width: 150,
    value: (row) => spoken(stateOf(row)),
    cell: (row) => <State state={stateOf(row)} />,
  },
  {
    id: "vpc",
    header: "instance.vpc",
    width: 240,
    value: (row) => row.vpc,
    cell: ({ vpc }, { region }) => <IdLink region={region} id={vpc} />,
  },
  { id: "owner", header: "gateway.owner", width: 160, value: ({ gateway }) => gateway.OwnerId ?? "" },
];

function areAttached(rows: Chosen<InternetGatewayRow>, text: Text): string | null {
  return rows.every(({ vpc }) => vpc !== "") ? text("deleteGateway.attached", { vpc: rows[0].vpc }) : null;
}

const menus: Menu<InternetGatewayRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, PAGE, row.id) },
      {
        id: "attach",
        text: "action.attachInternetGateway",
        hindered: ([{ vpc }], text) => (vpc === "" ? null : text("attachGateway.attached", { vpc })),
        dialog: AttachGateway,
      },
      {
        id: "detach",
        text: "action.detachInternetGateway",
        several: true,
        hindered: (rows, text) => (rows.every(({ vpc }) => vpc === "") ? text("detachGateway.free") : null),
        dialog: DetachGateways,
      },
      { id: "delete", text: "action.deleteInternetGateway", several: true, hindered: areAttached, dialog: DeleteGateways },
    ],
  },
];

function GatewayFacts({ region, item: row }: { region: string; item: InternetGatewayRow }): ReactNode {
  return (
    <Facts
      facts={[
        ["internetGateway.id", row.id],
        ["gateway.state", <State state={stateOf(row)} />],
        ["instance.vpc", <IdLink region={region} id={row.vpc} />],
        ["gateway.owner", row.gateway.OwnerId],
      ]}
    />
  );
}

const internetGateways: Resource<InternetGatewayRow> = {
  page: PAGE,
  title: "internetGateways",
  listing: internetGatewaysOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ gateway }) => gateway.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createInternetGateway", dialog: CreateGateway },
  tabs: [{ id: "details", label: "tab.details", view: GatewayFacts }],
};

export default internetGateways;
