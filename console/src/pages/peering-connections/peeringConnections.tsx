/** VPC peering connections: the columns, menus and tabs that EC2's console has. */
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { AcceptRequest, RejectRequest } from "./AnswerRequest";
import { CreatePeering } from "./CreatePeering";
import { DeletePeerings } from "./DeletePeerings";
import { EditDns } from "./EditDns";
import { blocksOf, peeringsOf, type PeeringRow } from "./model";
import { PeeringDns, PeeringFacts, SideLink } from "./PeeringFacts";
import { PeeringRoutes } from "./PeeringRoutes";

const PAGE = "peering-connections";
const ENDED = ["rejected", "expired", "failed", "deleted", "deleting"];

const columns: Column<PeeringRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "peering.id",
    width: 225,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  { id: "status", header: "peering.status", width: 190, value: ({ state }) => spoken(state), cell: ({ state }) => <State state={state} /> },
  {
    id: "requester",
    header: "peering.requesterVpc",
    width: 225,
    value: ({ requester }) => requester.VpcId ?? "",
    cell: ({ requester }, { region }) => <SideLink region={region} side={requester} />,
  },
  {
    id: "accepter",
    header: "peering.accepterVpc",
    width: 225,
    value: ({ accepter }) => accepter.VpcId ?? "",
    cell: ({ accepter }, { region }) => <SideLink region={region} side={accepter} />,
  },
  { id: "requesterBlocks", header: "peering.requesterBlocks", width: 180, value: ({ requester }) => blocksOf(requester) },
  { id: "accepterBlocks", header: "peering.accepterBlocks", width: 180, value: ({ accepter }) => blocksOf(accepter) },
  { id: "requesterOwner", header: "peering.requesterOwner", width: 190, value: ({ requester }) => requester.OwnerId ?? "" },
  { id: "accepterOwner", header: "peering.accepterOwner", width: 190, value: ({ accepter }) => accepter.OwnerId ?? "" },
  { id: "requesterRegion", header: "peering.requesterRegion", width: 180, value: ({ requester }) => requester.Region ?? "" },
  { id: "accepterRegion", header: "peering.accepterRegion", width: 180, value: ({ accepter }) => accepter.Region ?? "" },
];

/** Why the request cannot be answered here. */
function notAsked([row]: Chosen<PeeringRow>, text: Text): string | null {
  return row.state === "pending-acceptance" ? null : text("peering.notPending", { state: row.state });
}

const menus: Menu<PeeringRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, PAGE, row.id) },
      { id: "accept", text: "action.acceptPeering", hindered: notAsked, dialog: AcceptRequest },
      { id: "reject", text: "action.rejectPeering", hindered: notAsked, dialog: RejectRequest },
      {
        id: "dns",
        text: "action.editPeeringDns",
        hindered: ([{ state }], text) => (state === "active" ? null : text("peering.notActive", { state })),
        dialog: EditDns,
      },
      {
        id: "delete",
        text: "action.deletePeering",
        several: true,
        hindered: (rows, text) =>
          rows.every(({ state }) => ENDED.includes(state)) ? text("peering.isGone", { state: rows[0].state }) : null,
        dialog: DeletePeerings,
      },
    ],
  },
];

const peeringConnections: Resource<PeeringRow> = {
  page: PAGE,
  title: "peerings",
  listing: peeringsOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ peering }) => peering.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createPeering", dialog: CreatePeering },
  tabs: [
    { id: "details", label: "tab.details", view: PeeringFacts },
    { id: "dns", label: "peering.dns", view: PeeringDns },
    { id: "routes", label: "routeTables", view: PeeringRoutes },
  ],
};

export default peeringConnections;
