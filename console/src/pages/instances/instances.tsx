/** Instances: the columns, menus and tabs that EC2's console has, and the timeline that it has not. */
import Link from "@cloudscape-design/components/link";
import type { Action, ActionDialog, Column, Menu, Resource } from "../../resource/resource";
import { State } from "../../resource/State";
import { at, serialConsoleAt } from "../../shell/place";
import { CreateTemplateFromInstance } from "../launch-templates/CreateTemplate";
import { ChangeState, type Change } from "./ChangeState";
import { Connect } from "./connect/Connect";
import { CreateImage } from "./CreateImage";
import { InstanceEvents } from "./InstanceEvents";
import { InstanceFacts } from "./InstanceFacts";
import { InstanceNetworking } from "./InstanceNetworking";
import { InstanceSecurity } from "./InstanceSecurity";
import { InstanceStatusTab } from "./InstanceStatusTab";
import { InstanceStorage } from "./InstanceStorage";
import { instancesOf, isHibernatable, type Row } from "./model";
import { NETWORKING } from "./networking";
import { Screenshot } from "./Screenshot";
import { INSTANCE_SETTINGS } from "./settings/settings";
import { StatusChecks, statusText } from "./StatusChecks";
import { SystemLog } from "./SystemLog";
import { Timeline } from "./Timeline";

const columns: Column<Row>[] = [
  { id: "name", header: "instance.name", width: 170, value: (row) => row.name },
  {
    id: "id",
    header: "instance.id",
    width: 200,
    value: (row) => row.id,
    cell: (row, { region }) => <Link href={at(region, "instances", row.id)}>{row.id}</Link>,
  },
  { id: "state", header: "instance.state", width: 185, value: (row) => row.state, cell: (row) => <State state={row.state} /> },
  {
    id: "status",
    header: "instance.status",
    width: 200,
    value: (row, { text }) => statusText(text, row),
    cell: (row) => <StatusChecks row={row} />,
  },
  { id: "type", header: "instance.type", width: 185, value: (row) => row.instance.InstanceType ?? "" },
  { id: "zone", header: "instance.zone", width: 225, value: (row) => row.instance.Placement?.AvailabilityZone ?? "" },
  { id: "public", header: "instance.publicIp", width: 200, value: (row) => row.instance.PublicIpAddress ?? "" },
  { id: "private", header: "instance.privateIp", width: 205, value: (row) => row.instance.PrivateIpAddress ?? "", hidden: true },
  { id: "key", header: "instance.key", width: 140, value: (row) => row.instance.KeyName ?? "" },
  {
    id: "groups",
    header: "instance.groups",
    width: 170,
    value: (row) => (row.instance.SecurityGroups ?? []).map((group) => group.GroupName).join(", "),
  },
  {
    id: "launched",
    header: "instance.launched",
    width: 210,
    value: (row) => row.instance.LaunchTime ?? "",
    cell: (row, { moment }) => moment(row.instance.LaunchTime),
  },
  { id: "image", header: "instance.ami", width: 200, value: (row) => row.instance.ImageId ?? "", hidden: true },
];

const changing = (change: Change): { several: true; dialog: ActionDialog<Row> } => ({
  several: true,
  dialog: (given) => <ChangeState change={change} {...given} />,
});

const unlessHibernatable: Action<Row>["hindered"] = (rows, text) =>
  rows.some((row) => row.state === "running" && isHibernatable(row)) ? null : text("hibernation.only");

const connect: Action<Row> = { id: "connect", text: "action.connect", dialog: Connect };

const menus: Menu<Row>[] = [
  {
    text: "instance.state",
    items: [
      { id: "stop", text: "action.stop", ...changing("stop") },
      { id: "start", text: "action.start", ...changing("start") },
      { id: "reboot", text: "action.reboot", ...changing("reboot") },
      { id: "hibernate", text: "action.hibernate", ...changing("hibernate"), hindered: unlessHibernatable },
      { id: "terminate", text: "action.terminate", ...changing("terminate") },
    ],
  },
  {
    text: "actions",
    items: [
      connect,
      { id: "view", text: "action.viewDetails", address: (region, row) => at(region, "instances", row.id) },
      { id: "settings", text: "action.instanceSettings", actions: INSTANCE_SETTINGS, hasTags: true },
      { id: "networking", text: "action.networking", actions: NETWORKING },
      {
        id: "images",
        text: "action.imageAndTemplates",
        actions: [
          { id: "createImage", text: "action.createImage", dialog: CreateImage },
          { id: "createTemplate", text: "action.createTemplateFromInstance", dialog: CreateTemplateFromInstance },
        ],
      },
      {
        id: "monitor",
        text: "action.monitor",
        actions: [
          { id: "log", text: "action.systemLog", address: (region, row) => at(region, "instances", row.id, "log") },
          { id: "screenshot", text: "action.screenshot", address: (region, row) => at(region, "instances", row.id, "screenshot") },
          { id: "serial", text: "action.serialConsole", newTab: (region, row) => serialConsoleAt(region, row.id) },
        ],
      },
    ],
  },
];

const instances: Resource<Row> = {
  page: "instances",
  title: "instances",
  listing: instancesOf,
  idOf: (row) => row.id,
  nameOf: (row) => row.name,
  tagsOf: (row) => row.instance.Tags ?? [],
  columns,
  sortedBy: "name",
  menus,
  buttons: [connect],
  create: { text: "launch.instances", address: (region) => at(region, "launch") },
  tabs: [
    { id: "details", label: "tab.details", view: InstanceFacts },
    { id: "status", label: "tab.status", view: InstanceStatusTab },
    { id: "timeline", label: "tab.timeline", view: Timeline },
    { id: "security", label: "tab.security", view: InstanceSecurity },
    { id: "networking", label: "tab.networking", view: InstanceNetworking },
    { id: "storage", label: "tab.storage", view: InstanceStorage },
    { id: "log", label: "tab.log", view: SystemLog },
    { id: "screenshot", label: "tab.screenshot", view: Screenshot },
    { id: "events", label: "eventHistory", view: InstanceEvents },
  ],
};

export default instances;
