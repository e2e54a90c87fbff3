/** Egress-only internet gateways, which are for IPv6: they are stored and shown, and the page says so. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import type { Column, Menu, Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import { IdLink } from "../vpcs/links";
import { CreateGateway } from "./CreateGateway";
import { DeleteGateways } from "./DeleteGateways";
import { IsRecorded } from "./IsRecorded";
import { egressOnlyGatewaysOf, type EgressOnlyGatewayRow } from "./model";

const PAGE = "egress-only-internet-gateways";

const columns: Column<EgressOnlyGatewayRow>[] = [
  { id: "name", header: "instance.name", width: 180, value: (row) => row.name },
  {
    id: "id",
    header: "egressOnly.id",
    width: 300,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  { id: "state", header: "gateway.state", width: 150, value: ({ state }) => spoken(state), cell: ({ state }) => <State state={state} /> },
  {
    id: "vpc",
    header: "instance.vpc",
    width: 240,
    value: (row) => row.vpc,
    cell: ({ vpc }, { region }) => <IdLink region={region} id={vpc} />,
  },
];

const menus: Menu<EgressOnlyGatewayRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, PAGE, row.id) },
      { id: "delete", text: "action.deleteEgressOnlyGateway", several: true, dialog: DeleteGateways },
    ],
  },
];

function GatewayFacts({ region, item: row }: { region: string; item: EgressOnlyGatewayRow }): ReactNode {
  return (
    <SpaceBetween size="l">
      <IsRecorded />
      <Facts
        facts={[
          ["egressOnly.id", row.id],
          ["gateway.state", <State state={row.state} />],
          ["instance.vpc", <IdLink region={region} id={row.vpc} />],
        ]}
      />
    </SpaceBetween>
  );
}

const egressOnlyGateways: Resource<EgressOnlyGatewayRow> = {
  page: PAGE,
  title: "egressOnlyGateways",
  about: "egressOnly.recorded",
  listing: egressOnlyGatewaysOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ gateway }) => gateway.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createEgressOnlyGateway", dialog: CreateGateway },
  tabs: [{ id: "details", label: "tab.details", view: GatewayFacts }],
};

export default egressOnlyGateways;
