/** Network ACLs: the columns, menus and tabs that the console has for them, and the editor of their rules. */
import type { Column, Menu, Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import { IdLink } from "../vpcs/links";
import { AclEntries } from "./AclEntries";
import { AclFacts } from "./AclFacts";
import { AclSubnets } from "./AclSubnets";
import { CreateAcl } from "./CreateAcl";
import { DeleteAcls } from "./DeleteAcls";
import { EditAssociations } from "./EditAssociations";
import { EditEntries } from "./EditEntries";
import { networkAclsOf, subnetLabel, subnetsWith, type AclRow } from "./model";

const columns: Column<AclRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "acl.id",
    width: 220,
    value: (row) => row.id,
    cell: (row, { region }) => <IdLink region={region} id={row.id} />,
  },
  {
    id: "subnets",
    header: "acl.associated",
    width: 240,
    value: (row) => subnetsWith(row).map(subnetLabel).join(", "),
    cell: (row, { text }) => {
      const [first, ...more] = subnetsWith(row);
      return more.length === 0 ? first && subnetLabel(first) : text("acl.subnetCount", { count: more.length + 1 });
    },
  },
  { id: "default", header: "acl.default", width: 110, value: ({ acl }, { text }) => text(acl.IsDefault ? "yes" : "no") },
  {
    id: "vpc",
    header: "instance.vpc",
    width: 210,
    value: ({ acl }) => acl.VpcId ?? "",
    cell: ({ acl }, { region }) => <IdLink region={region} id={acl.VpcId} />,
  },
  { id: "inbound", header: "group.inbound", width: 190, value: ({ entries }) => String(entries.inbound.length) },
  { id: "outbound", header: "group.outbound", width: 200, value: ({ entries }) => String(entries.outbound.length) },
  { id: "owner", header: "group.owner", width: 140, value: ({ acl }) => acl.OwnerId ?? "" },
];

const menus: Menu<AclRow>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, "network-acls", row.id) },
      { id: "editInbound", text: "action.editInbound", dialog: (given) => <EditEntries way="inbound" {...given} /> },
      { id: "editOutbound", text: "action.editOutbound", dialog: (given) => <EditEntries way="outbound" {...given} /> },
      { id: "associations", text: "action.editAclSubnets", dialog: EditAssociations },
      {
        id: "delete",
        text: "action.deleteAcls",
        several: true,
        hindered: (rows, text) => (rows.every(({ acl }) => acl.IsDefault) ? text("deleteAcl.default", { vpc: rows[0].acl.VpcId ?? "" }) : null),
        dialog: DeleteAcls,
      },
    ],
  },
];

const networkAcls: Resource<AclRow> = {
  page: "network-acls",
  title: "networkAcls",
  listing: networkAclsOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ acl }) => acl.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createAcl", dialog: CreateAcl },
  tabs: [
    { id: "details", label: "tab.details", view: AclFacts },
    { id: "inbound", label: "rules.inbound", view: (given) => <AclEntries way="inbound" {...given} /> },
    { id: "outbound", label: "rules.outbound", view: (given) => <AclEntries way="outbound" {...given} /> },
    { id: "subnets", label: "acl.subnets", view: AclSubnets },
  ],
};

export default networkAcls;
