/** Network interfaces: the columns, menus and tabs that EC2's console has. */
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { GroupLinks } from "../security-groups/words";
import { IdLink } from "../vpcs/links";
import { AssociateWith, DisassociateFrom } from "./Addresses";
import { AttachInterface } from "./AttachInterface";
import { ChangeCheck } from "./ChangeCheck";
import { ChangeDescription } from "./ChangeDescription";
import { ChangeInterfaceGroups } from "./ChangeInterfaceGroups";
import { ChangeTermination } from "./ChangeTermination";
import { CreateInterface } from "./CreateInterface";
import { DeleteInterfaces } from "./DeleteInterfaces";
import { DetachInterface } from "./DetachInterface";
import { InterfaceFacts } from "./InterfaceFacts";
import { ManageAddresses } from "./ManageAddresses";
import { instanceLabel, isPrimary, leadingTo, networkInterfacesOf, publicOf, secondaryOf, type InterfaceRow } from "./model";

const columns: Column<InterfaceRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "eni.id",
    width: 225,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  {
    id: "subnet",
    header: "instance.subnet",
    width: 225,
    value: ({ eni }) => eni.SubnetId ?? "",
    cell: ({ eni }, { region }) => <IdLink region={region} id={eni.SubnetId} />,
  },
  {
    id: "vpc",
    header: "instance.vpc",
    width: 210,
    value: ({ eni }) => eni.VpcId ?? "",
    cell: ({ eni }, { region }) => <IdLink region={region} id={eni.VpcId} />,
  },
  { id: "zone", header: "instance.zone", width: 160, value: ({ eni }) => eni.AvailabilityZone ?? "" },
  {
    id: "groups",
    header: "eni.groupNames",
    width: 205,
    value: ({ eni }) => (eni.Groups ?? []).map(({ GroupName }) => GroupName).join(", "),
  },
  {
    id: "groupIds",
    header: "eni.groupIds",
    width: 260,
    value: ({ eni }) => (eni.Groups ?? []).map(({ GroupId }) => GroupId).join(", "),
    cell: ({ eni }, { region }) => <GroupLinks region={region} groups={eni.Groups ?? []} />,
    hidden: true,
  },
  { id: "type", header: "eni.type", width: 150, value: ({ eni }) => eni.InterfaceType ?? "" },
  { id: "description", header: "eni.description", width: 200, value: ({ eni }) => eni.Description ?? "" },
  {
    id: "instance",
    header: "instance.id",
    width: 200,
    value: instanceLabel,
    cell: ({ eni }, { region }) => <IdLink region={region} id={eni.Attachment?.InstanceId} />,
  },
  { id: "status", header: "eni.status", width: 130, value: ({ eni }) => eni.Status ?? "", cell: ({ eni }) => <State state={eni.Status ?? ""} /> },
  { id: "public", header: "instance.publicIp", width: 180, value: ({ eni }) => publicOf(eni).join(", ") },
  { id: "private", header: "eni.privateIp", width: 220, value: ({ eni }) => eni.PrivateIpAddress ?? "" },
  { id: "secondary", header: "eni.secondary", width: 240, value: ({ eni }) => secondaryOf(eni).join(", ") },
  {
    id: "check",
    header: "eni.check",
    width: 170,
    value: ({ eni }, { text }) => text(eni.SourceDestCheck ? "enabled" : "disabled"),
  },
  { id: "mac", header: "interface.mac", width: 170, value: ({ eni }) => eni.MacAddress ?? "", hidden: true },
];

type Hindered = (rows: Chosen<InterfaceRow>, text: Text) => string | null;

/** Why it cannot be changed at all: a service has it. */
const own: Hindered = ([{ eni }], text) => (eni.RequesterManaged ? text("eni.managed", { type: eni.InterfaceType ?? "" }) : null);

const attached: Hindered = (rows, text) => own(rows, text) ?? (rows[0].eni.Attachment === undefined ? text("eni.isFree") : null);

const free: Hindered = (rows, text) =>
  own(rows, text) ?? (rows[0].eni.Attachment === undefined ? null : text("eni.isUsed", { instance: instanceLabel(rows[0]) }));

const detachable: Hindered = (rows, text) => attached(rows, text) ?? (isPrimary(rows[0].eni) ? text("eni.isPrimary") : null);

const menus: Menu<InterfaceRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, "network-interfaces", row.id) },
      { id: "attach", text: "action.attach", hindered: free, dialog: ({ items: [row], ...given }) => <AttachInterface row={row} {...given} /> },
      { id: "detach", text: "action.detach", hindered: detachable, dialog: ({ items, ...given }) => <DetachInterface rows={items} {...given} /> },
      {
        id: "delete",
        text: "delete",
        several: true,
        hindered: (rows, text) => (rows.every(({ eni }) => eni.Attachment !== undefined) ? free(rows, text) : null),
        dialog: DeleteInterfaces,
      },
      { id: "addresses", text: "action.manageAddresses", hindered: own, dialog: ({ items: [row], ...given }) => <ManageAddresses rows={[row]} {...given} /> },
      { id: "associate", text: "action.associateAddress", hindered: own, dialog: AssociateWith },
      {
        id: "disassociate",
        text: "action.disassociateAddress",
        hindered: (rows, text) => own(rows, text) ?? (leadingTo(rows[0].eni).length === 0 ? text("eni.noneLeads") : null),
        dialog: DisassociateFrom,
      },
      { id: "termination", text: "action.changeTermination", hindered: attached, dialog: ChangeTermination },
      { id: "groups", text: "action.changeGroups", hindered: own, dialog: ({ items: [row], ...given }) => <ChangeInterfaceGroups rows={[row]} {...given} /> },
      { id: "check", text: "action.changeCheck", hindered: own, dialog: ({ items: [row], ...given }) => <ChangeCheck rows={[row]} {...given} /> },
      { id: "description", text: "action.changeDescription", hindered: own, dialog: ChangeDescription },
    ],
  },
];

const networkInterfaces: Resource<InterfaceRow> = {
  page: "network-interfaces",
  title: "networkInterfaces",
  listing: networkInterfacesOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ eni }) => eni.TagSet ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createInterface", dialog: CreateInterface },
  tabs: [{ id: "details", label: "tab.details", view: InterfaceFacts }],
};

export default networkInterfaces;
