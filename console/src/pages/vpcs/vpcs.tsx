/** VPCs: the columns, menus and tabs that EC2's VPC console has, and a map of each with what no console of EC2's shows. */
import Link from "@cloudscape-design/components/link";
import type { Column, Menu, Resource } from "../../resource/resource";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import { CreateDefaultVpc } from "./CreateDefaultVpc";
import { CreateFlowLog } from "./CreateFlowLog";
import { CreateVpc } from "./CreateVpc";
import { DeleteVpc } from "./DeleteVpc";
import { EditCidrs } from "./EditCidrs";
import { EditVpcSettings } from "./EditVpcSettings";
import { FlowLogs } from "./FlowLogs";
import { IdLink } from "./links";
import { ResourceMap } from "./map/ResourceMap";
import { blocksOf, ipv6BlocksOf, rowLabel, vpcsOf, type Named, type VpcRow } from "./model";
import { VpcCidrs } from "./VpcCidrs";
import { VpcFacts } from "./VpcFacts";

/** A column of what else belongs to a VPC. */
function named(id: string, header: Column<VpcRow>["header"], find: (row: VpcRow) => Named | undefined): Column<VpcRow> {
  return {
    id,
    header,
    width: 225,
    value: (row) => {
      const one = find(row);
      return one === undefined ? "" : rowLabel(one);
    },
    cell: (row, { region }) => <IdLink region={region} {...(find(row) ?? { id: undefined })} />,
  };
}

const columns: Column<VpcRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "instance.vpc",
    width: 220,
    value: (row) => row.id,
    cell: (row, { region }) => <Link href={at(region, "vpcs", row.id)}>{row.id}</Link>,
  },
  { id: "state", header: "vpc.state", width: 120, value: (row) => row.state, cell: (row) => <State state={row.state} /> },
  { id: "ipv4", header: "vpc.ipv4", width: 160, value: (row) => blocksOf(row.vpc).join(", ") },
  { id: "ipv6", header: "vpc.ipv6", width: 200, value: (row) => ipv6BlocksOf(row.vpc).join(", ") },
  named("options", "vpc.options", (row) => row.options),
  named("table", "vpc.mainTable", (row) => row.mainTable),
  named("acl", "vpc.mainAcl", (row) => row.mainAcl),
  { id: "tenancy", header: "vpc.tenancy", width: 110, value: ({ vpc }) => vpc.InstanceTenancy ?? "" },
  { id: "default", header: "vpc.isDefault", width: 120, value: ({ vpc }, { text }) => text(vpc.IsDefault ? "yes" : "no") },
  { id: "owner", header: "ownerId", width: 140, value: ({ vpc }) => vpc.OwnerId ?? "" },
];

const menus: Menu<VpcRow>[] = [
  {
    text: "actions",
    items: [
      { id: "default", text: "action.createDefaultVpc", alone: CreateDefaultVpc },
      {
        id: "flowLog",
        text: "action.createFlowLog",
        dialog: ({ region, items: [item], close }) => <CreateFlowLog region={region} of="VPC" item={item} close={close} />,
      },
      { id: "settings", text: "action.editVpcSettings", dialog: EditVpcSettings },
      { id: "cidrs", text: "action.editCidrs", dialog: EditCidrs },
      { id: "delete", text: "action.deleteVpc", dialog: DeleteVpc },
    ],
  },
];

const vpcs: Resource<VpcRow> = {
  page: "vpcs",
  title: "vpcs",
  listing: vpcsOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ vpc }) => vpc.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createVpc", dialog: CreateVpc },
  tabs: [
    { id: "details", label: "tab.details", view: VpcFacts },
    { id: "map", label: "map.title", view: ({ region, item }) => <ResourceMap region={region} id={item.id} /> },
    { id: "cidrs", label: "vpc.cidrs", view: VpcCidrs },
    { id: "flowLogs", label: "flowLogs", view: ({ region, item }) => <FlowLogs region={region} of="VPC" item={item} /> },
  ],
};

export default vpcs;
