/** Security groups: the columns, menus and tabs that EC2's console has, and the editor of their rules. */
import Link from "@cloudscape-design/components/link";
import { Facts } from "../../resource/Facts";
import type { Column, Menu, Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import { CreateGroup } from "./CreateGroup";
import { DeleteGroups } from "./DeleteGroups";
import { EditRules } from "./EditRules";
import { GroupRules } from "./GroupRules";
import { GroupUses } from "./GroupUses";
import { isDefault, securityGroupsOf, type Row } from "./model";

const columns: Column<Row>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "group.id",
    width: 210,
    value: (row) => row.id,
    cell: (row, { region }) => <Link href={at(region, "security-groups", row.id)}>{row.id}</Link>,
  },
  { id: "groupName", header: "group.name", width: 225, value: ({ group }) => group.GroupName ?? "" },
  { id: "vpc", header: "instance.vpc", width: 210, value: ({ group }) => group.VpcId ?? "" },
  { id: "description", header: "group.description", width: 230, value: ({ group }) => group.Description ?? "" },
  { id: "owner", header: "group.owner", width: 140, value: ({ group }) => group.OwnerId ?? "" },
  { id: "inbound", header: "group.inbound", width: 210, value: ({ rules }) => String(rules.inbound.length) },
  { id: "outbound", header: "group.outbound", width: 220, value: ({ rules }) => String(rules.outbound.length) },
];

const menus: Menu<Row>[] = [
  {
    text: "actions",
    items: [
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, "security-groups", row.id) },
      { id: "editInbound", text: "action.editInbound", dialog: (given) => <EditRules way="inbound" {...given} /> },
      { id: "editOutbound", text: "action.editOutbound", dialog: (given) => <EditRules way="outbound" {...given} /> },
      {
        id: "copy",
        text: "action.copyGroup",
        dialog: ({ region, items, close }) => <CreateGroup region={region} from={items[0]} close={close} />,
      },
      {
        id: "delete",
        text: "action.deleteGroups",
        several: true,
        hindered: (rows, text) =>
          rows.every(isDefault) ? text("deleteGroup.default", { vpc: rows[0].group.VpcId ?? "" }) : null,
        dialog: DeleteGroups,
      },
    ],
  },
];

const securityGroups: Resource<Row> = {
  page: "security-groups",
  title: "securityGroups",
  listing: securityGroupsOf,
  idOf: (row) => row.id,
  nameOf: ({ group }) => group.GroupName ?? "",
  tagsOf: ({ group }) => group.Tags ?? [],
  columns,
  sortedBy: "groupName",
  menus,
  create: { text: "action.createGroup", dialog: CreateGroup },
  tabs: [
    {
      id: "details",
      label: "tab.details",
      view: ({ item: { id, group, rules } }) => (
        <Facts
          facts={[
            ["group.name", group.GroupName],
            ["group.id", id],
            ["group.description", group.Description],
            ["instance.vpc", group.VpcId],
            ["group.owner", group.OwnerId],
            ["group.arn", group.SecurityGroupArn],
            ["group.inbound", rules.inbound.length],
            ["group.outbound", rules.outbound.length],
          ]}
        />
      ),
    },
    { id: "inbound", label: "rules.inbound", view: (given) => <GroupRules way="inbound" {...given} /> },
    { id: "outbound", label: "rules.outbound", view: (given) => <GroupRules way="outbound" {...given} /> },
    { id: "uses", label: "tab.relatedResources", view: GroupUses },
  ],
};

export default securityGroups;
