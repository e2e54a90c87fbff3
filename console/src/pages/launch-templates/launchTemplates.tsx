/** Launch templates: the columns, menus and tabs that EC2's console has. */
import Link from "@cloudscape-design/components/link";
import type { LaunchTemplate } from "../../api/types";
import type { Chosen, Column, Menu, Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { CreateTemplate } from "./CreateTemplate";
import { CreateVersion } from "./CreateVersion";
import { DeleteTemplates } from "./DeleteTemplates";
import { DeleteVersions } from "./DeleteVersions";
import { LaunchFromTemplate } from "./LaunchFromTemplate";
import { idOf, templatesOf } from "./model";
import { SetDefault } from "./SetDefault";
import { TemplateFacts, TemplateVersions } from "./TemplateTabs";

const PAGE = "launch-templates";

const columns: Column<LaunchTemplate>[] = [
  {
    id: "id",
    header: "template.id",
    width: 240,
    value: idOf,
    cell: (template, { region }) => <Link href={at(region, PAGE, idOf(template))}>{idOf(template)}</Link>,
  },
  { id: "name", header: "template.name", width: 260, value: ({ LaunchTemplateName = "" }) => LaunchTemplateName },
  { id: "default", header: "template.defaultVersion", width: 210, value: ({ DefaultVersionNumber = "" }) => String(DefaultVersionNumber) },
  { id: "latest", header: "template.latestVersion", width: 170, value: ({ LatestVersionNumber = "" }) => String(LatestVersionNumber) },
  {
    id: "created",
    header: "template.created",
    width: 210,
    value: ({ CreateTime = "" }) => CreateTime,
    cell: ({ CreateTime }, { moment }) => moment(CreateTime),
  },
  { id: "createdBy", header: "template.createdBy", width: 320, value: ({ CreatedBy = "" }) => CreatedBy },
];

/** Why there is no other version to choose. */
function hasOneVersion([template]: Chosen<LaunchTemplate>, text: Text): string | null {
  return template.LatestVersionNumber === 1 ? text("template.oneVersion") : null;
}

const menus: Menu<LaunchTemplate>[] = [
  {
    text: "actions",
    items: [
      { id: "launch", text: "action.launchFromTemplate", dialog: LaunchFromTemplate },
      { id: "view", text: "action.viewDetails", address: (region, template) => at(region, PAGE, idOf(template)) },
      { id: "modify", text: "action.createVersion", dialog: CreateVersion },
      { id: "default", text: "action.setDefaultVersion", hindered: hasOneVersion, dialog: SetDefault },
      { id: "deleteVersion", text: "action.deleteTemplateVersion", hindered: hasOneVersion, dialog: DeleteVersions },
      { id: "delete", text: "action.deleteTemplate", several: true, dialog: DeleteTemplates },
    ],
  },
];

const launchTemplates: Resource<LaunchTemplate> = {
  page: PAGE,
  title: "launchTemplates",
  listing: templatesOf,
  idOf,
  nameOf: ({ LaunchTemplateName = "" }) => LaunchTemplateName,
  tagsOf: ({ Tags = [] }) => Tags,
  columns,
  sortedBy: "name",
  menus,
  create: { text: "action.createTemplate", dialog: CreateTemplate },
  tabs: [
    { id: "details", label: "tab.details", view: TemplateFacts },
    { id: "versions", label: "template.versions", view: TemplateVersions },
  ],
};

export default launchTemplates;
