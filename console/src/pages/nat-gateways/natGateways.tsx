/** NAT gateways: the columns, menus and tabs that EC2's console has. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import type { Column, Menu, Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import { useMoment, useText, type Text } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { CreateNatGateway } from "./CreateNatGateway";
import { DeleteNatGateways } from "./DeleteNatGateways";
import { isGone, natGatewaysOf, type NatGatewayRow } from "./model";

const PAGE = "nat-gateways";

const columns: Column<NatGatewayRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "natGateway.id",
    width: 225,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  { id: "connectivity", header: "natGateway.connectivity", width: 175, value: (row, { text }) => connectivityText(text, row) },
  { id: "state", header: "gateway.state", width: 140, value: ({ state }) => spoken(state), cell: ({ state }) => <State state={state} /> },
  { id: "message", header: "natGateway.message", width: 260, value: ({ gateway }) => gateway.FailureMessage ?? "" },
  { id: "public", header: "natGateway.publicIp", width: 240, value: ({ address }) => address?.PublicIp ?? "" },
  { id: "private", header: "natGateway.privateIp", width: 245, value: ({ address }) => address?.PrivateIp ?? "" },
  {
    id: "interface",
    header: "natGateway.interface",
    width: 275,
    value: ({ address }) => address?.NetworkInterfaceId ?? "",
    cell: ({ address }, { region }) => <IdLink region={region} id={address?.NetworkInterfaceId} />,
  },
  {
    id: "vpc",
    header: "vpc",
    width: 220,
    value: ({ gateway }) => gateway.VpcId ?? "",
    cell: ({ gateway }, { region }) => <IdLink region={region} id={gateway.VpcId} />,
  },
  {
    id: "subnet",
    header: "natGateway.subnet",
    width: 240,
    value: ({ gateway }) => gateway.SubnetId ?? "",
    cell: ({ gateway }, { region }) => <IdLink region={region} id={gateway.SubnetId} />,
  },
  {
    id: "created",
    header: "natGateway.created",
    width: 210,
    value: ({ gateway }) => gateway.CreateTime ?? "",
    cell: ({ gateway }, { moment }) => moment(gateway.CreateTime),
  },
  {
    id: "deleted",
    header: "natGateway.deleted",
    width: 210,
    value: ({ gateway }) => gateway.DeleteTime ?? "",
    cell: ({ gateway }, { moment }) => moment(gateway.DeleteTime),
  },
];

function connectivityText(text: Text, { gateway }: NatGatewayRow): string {
  return text(gateway.ConnectivityType === "private" ? "natGateway.private" : "natGateway.public");
}

const menus: Menu<NatGatewayRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, PAGE, row.id) },
      {
        id: "delete",
        text: "action.deleteNatGateway",
        several: true,
        hindered: (rows, text) => (rows.every(isGone) ? text("natGateway.isGone", { state: rows[0].state }) : null),
        dialog: DeleteNatGateways,
      },
    ],
  },
];

function NatGatewayFacts({ region, item: row }: { region: string; item: NatGatewayRow }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { gateway, address } = row;
  return (
    <SpaceBetween size="l">
      {gateway.FailureMessage && (
        <Alert type="error" header={text("natGateway.failed")}>
          {gateway.FailureMessage} ({gateway.FailureCode})
        </Alert>
      )}
      <Facts
        facts={[
          ["natGateway.id", row.id],
          ["natGateway.connectivity", connectivityText(text, row)],
          ["gateway.state", <State state={row.state} />],
          ["natGateway.message", gateway.FailureMessage],
          ["natGateway.publicIp", address?.PublicIp],
          ["natGateway.privateIp", address?.PrivateIp],
          ["natGateway.interface", <IdLink region={region} id={address?.NetworkInterfaceId} />],
          ["natGateway.allocation", <IdLink region={region} id={address?.AllocationId} />],
          ["vpc", <IdLink region={region} id={gateway.VpcId} />],
          ["natGateway.subnet", <IdLink region={region} id={gateway.SubnetId} />],
          ["natGateway.created", moment(gateway.CreateTime)],
          ["natGateway.deleted", moment(gateway.DeleteTime)],
        ]}
      />
    </SpaceBetween>
  );
}

const natGateways: Resource<NatGatewayRow> = {
  page: PAGE,
  title: "natGateways",
  listing: natGatewaysOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ gateway }) => gateway.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createNatGateway", dialog: CreateNatGateway },
  tabs: [{ id: "details", label: "tab.details", view: NatGatewayFacts }],
};

export default natGateways;
