/** Subnets: the columns, menus and tabs that EC2's VPC console has. */
import Link from "@cloudscape-design/components/link";
import { ipv6Blocks } from "../../resource/addressBlocks";
import { nameTag, type Column, type Menu, type Resource } from "../../resource/resource";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import { CreateFlowLog } from "../vpcs/CreateFlowLog";
import { FlowLogs } from "../vpcs/FlowLogs";
import { IdLink } from "../vpcs/links";
import { CreateDefaultSubnet } from "./CreateDefaultSubnet";
import { CreateSubnets } from "./CreateSubnets";
import { DeleteSubnets } from "./DeleteSubnets";
import { EditAclAssociation } from "./EditAclAssociation";
import { EditSubnetSettings } from "./EditSubnetSettings";
import { EditTableAssociation } from "./EditTableAssociation";
import { aclLabel, subnetsOf, tableLabel, type SubnetRow } from "./model";
import { SubnetAcl } from "./SubnetAcl";
import { SubnetFacts } from "./SubnetFacts";
import { SubnetRoutes } from "./SubnetRoutes";

const columns: Column<SubnetRow>[] = [
  { id: "name", header: "instance.name", width: 150, value: (row) => row.name },
  {
    id: "id",
    header: "instance.subnet",
    width: 220,
    value: (row) => row.id,
    cell: (row, { region }) => <Link href={at(region, "subnets", row.id)}>{row.id}</Link>,
  },
  { id: "state", header: "vpc.state", width: 120, value: (row) => row.state, cell: (row) => <State state={row.state} /> },
  {
    id: "vpc",
    header: "launch.vpc",
    width: 220,
    value: ({ subnet, vpc }) => `${subnet.VpcId ?? ""} ${nameTag(vpc?.Tags)}`.trim(),
    cell: ({ subnet, vpc }, { region }) => <IdLink region={region} id={subnet.VpcId} name={nameTag(vpc?.Tags)} />,
  },
  { id: "ipv4", header: "vpc.ipv4", width: 150, value: ({ subnet }) => subnet.CidrBlock ?? "" },
  {
    id: "ipv6",
    header: "vpc.ipv6",
    width: 180,
    value: ({ subnet }) => ipv6Blocks(subnet).join(", "),
  },
  { id: "free", header: "subnet.free", width: 170, value: ({ subnet }) => String(subnet.AvailableIpAddressCount ?? "") },
  { id: "zone", header: "instance.zone", width: 160, value: ({ subnet }) => subnet.AvailabilityZone ?? "" },
  { id: "zoneId", header: "subnet.zoneId", width: 170, value: ({ subnet }) => subnet.AvailabilityZoneId ?? "", hidden: true },
  {
    id: "table",
    header: "subnet.table",
    width: 225,
    value: ({ table }) => (table === undefined ? "" : tableLabel(table)),
    cell: ({ table }, { region }) => <IdLink region={region} id={table?.RouteTableId} name={nameTag(table?.Tags)} />,
  },
  {
    id: "acl",
    header: "subnet.acl",
    width: 225,
    value: ({ acl }) => (acl === undefined ? "" : aclLabel(acl)),
    cell: ({ acl }, { region }) => <IdLink region={region} id={acl?.NetworkAclId} name={nameTag(acl?.Tags)} />,
  },
  { id: "default", header: "subnet.isDefault", width: 140, value: ({ subnet }, { text }) => text(subnet.DefaultForAz ? "yes" : "no") },
  {
    id: "public",
    header: "subnet.autoPublic",
    width: 230,
    value: ({ subnet }, { text }) => text(subnet.MapPublicIpOnLaunch ? "yes" : "no"),
  },
  {
    id: "autoIpv6",
    header: "subnet.autoIpv6",
    width: 230,
    value: ({ subnet }, { text }) => text(subnet.AssignIpv6AddressOnCreation ? "yes" : "no"),
    hidden: true,
  },
  { id: "owner", header: "ownerId", width: 140, value: ({ subnet }) => subnet.OwnerId ?? "" },
];

const menus: Menu<SubnetRow>[] = [
  {
    text: "actions",
    items: [
      { id: "default", text: "action.createDefaultSubnet", alone: CreateDefaultSubnet },
      {
        id: "flowLog",
        text: "action.createFlowLog",
        dialog: ({ region, items: [item], close }) => <CreateFlowLog region={region} of="Subnet" item={item} close={close} />,
      },
      { id: "settings", text: "action.editSubnetSettings", dialog: EditSubnetSettings },
      { id: "acl", text: "action.editAclAssociation", dialog: EditAclAssociation },
      { id: "table", text: "action.editTableAssociation", dialog: EditTableAssociation },
      { id: "delete", text: "action.deleteSubnet", several: true, dialog: DeleteSubnets },
    ],
  },
];

const subnets: Resource<SubnetRow> = {
  page: "subnets",
  title: "subnets",
  listing: subnetsOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: ({ subnet }) => subnet.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createSubnet", dialog: CreateSubnets },
  tabs: [
    { id: "details", label: "tab.details", view: SubnetFacts },
    { id: "flowLogs", label: "flowLogs", view: ({ region, item }) => <FlowLogs region={region} of="Subnet" item={item} /> },
    { id: "routes", label: "subnet.table", view: SubnetRoutes },
    { id: "acl", label: "subnet.acl", view: SubnetAcl },
  ],
};

export default subnets;
