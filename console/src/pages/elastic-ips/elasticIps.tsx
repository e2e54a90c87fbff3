/** Elastic IP addresses: the columns, menus and tabs that EC2's console has. */
import Link from "@cloudscape-design/components/link";
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { AddressFacts } from "./AddressFacts";
import { AllocateAddress } from "./AllocateAddress";
import { AssociateAddress } from "./AssociateAddress";
import { DisassociateAddresses } from "./DisassociateAddresses";
import { addressesOf, isAssociated, isServices, whereTo, type AddressRow } from "./model";
import { ReleaseAddresses } from "./ReleaseAddresses";

const columns: Column<AddressRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "address",
    header: "eip.address",
    width: 200,
    value: ({ address }) => address.PublicIp ?? "",
    cell: ({ id, address }, { region }) => <Link href={at(region, "elastic-ips", id)}>{address.PublicIp}</Link>,
  },
  { id: "type", header: "eip.type", width: 110, value: (_, { text }) => text("eip.public") },
  { id: "id", header: "eip.allocationId", width: 250, value: (row) => row.id },
  {
    id: "instance",
    header: "eip.instance",
    width: 220,
    value: ({ address }) => address.InstanceId ?? "",
    cell: ({ address }, { region }) => <IdLink region={region} id={address.InstanceId} />,
  },
  { id: "private", header: "eip.privateIp", width: 170, value: ({ address }) => address.PrivateIpAddress ?? "" },
  { id: "association", header: "eip.associationId", width: 250, value: ({ address }) => address.AssociationId ?? "" },
  { id: "owner", header: "eip.owner", width: 260, value: ({ address }) => address.NetworkInterfaceOwnerId ?? "" },
  {
    id: "interface",
    header: "eni.id",
    width: 225,
    value: ({ address }) => address.NetworkInterfaceId ?? "",
    cell: ({ address }, { region }) => <IdLink region={region} id={address.NetworkInterfaceId} />,
  },
  { id: "border", header: "eip.border", width: 190, value: ({ address }) => address.NetworkBorderGroup ?? "", hidden: true },
];

type Hindered = (rows: Chosen<AddressRow>, text: Text) => string | null;

const services: Hindered = ([row], text) => (isServices(row) ? text("eip.managed", { type: row.to?.eni.InterfaceType ?? "" }) : null);

const menus: Menu<AddressRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, "elastic-ips", row.id) },
      {
        id: "release",
        text: "action.releaseAddresses",
        several: true,
        hindered: (rows, text) => (rows.every(isAssociated) ? text("releaseEip.used", whereTo(rows[0])) : null),
        dialog: ReleaseAddresses,
      },
      {
        id: "associate",
        text: "action.associateElastic",
        hindered: services,
        dialog: ({ items: [row], ...given }) => <AssociateAddress address={row} {...given} />,
      },
      {
        id: "disassociate",
        text: "action.disassociateElastic",
        several: true,
        hindered: (rows, text) => services(rows, text) ?? (rows.some(isAssociated) ? null : text("eip.leadsNowhere")),
        dialog: DisassociateAddresses,
      },
    ],
  },
];

const elasticIps: Resource<AddressRow> = {
  page: "elastic-ips",
  title: "elasticIps",
  listing: addressesOf,
  idOf: (row) => row.id,
  nameOf: ({ address }) => address.PublicIp ?? "",
  tagsOf: ({ address }) => address.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.allocateAddress", dialog: AllocateAddress },
  tabs: [{ id: "details", label: "tab.details", view: AddressFacts }],
};

export default elasticIps;
