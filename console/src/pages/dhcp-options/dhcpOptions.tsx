/** DHCP option sets: the columns and menus that EC2's VPC console has. */
import Link from "@cloudscape-design/components/link";
import type { Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import { CreateDhcpOptions } from "./CreateDhcpOptions";
import { DeleteDhcpOptions } from "./DeleteDhcpOptions";
import { DhcpOptionsFacts } from "./DhcpOptionsFacts";
import { optionsOf, optionsText, type OptionsRow } from "./model";

const dhcpOptions: Resource<OptionsRow> = {
  page: "dhcp-options",
  title: "dhcpOptions",
  listing: optionsOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ options }) => options.Tags ?? [],
  columns: [
    { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
    {
      id: "id",
      header: "dhcp.id",
      width: 230,
      value: (row) => row.id,
      cell: (row, { region }) => <Link href={at(region, "dhcp-options", row.id)}>{row.id}</Link>,
    },
    { id: "options", header: "dhcp.options", width: 460, value: ({ options }) => optionsText(options) },
    { id: "vpcs", header: "vpcs", width: 220, value: ({ vpcs }) => vpcs.map(({ VpcId }) => VpcId).join(", ") },
    { id: "owner", header: "ownerId", width: 140, value: ({ options }) => options.OwnerId ?? "" },
  ],
  sortedBy: "name",
  menus: [{ text: "actions", items: [{ id: "delete", text: "action.deleteDhcpOptions", several: true, dialog: DeleteDhcpOptions }] }],
  create: { text: "action.createDhcpOptions", dialog: CreateDhcpOptions },
  tabs: [{ id: "details", label: "tab.details", view: DhcpOptionsFacts }],
};

export default dhcpOptions;
