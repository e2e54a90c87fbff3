/** AMIs: the columns, menus and tabs that EC2's console has, and how each was cut, which it has not. */
import Link from "@cloudscape-design/components/link";
import type { Image } from "../../api/types";
import { nameTag, type Action, type Chosen, type Column, type Menu, type Resource } from "../../resource/resource";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import type { Text, TextKey } from "../../texts/texts";
import { ChangeAvailability } from "./ChangeAvailability";
import { ConfigureFastLaunch } from "./ConfigureFastLaunch";
import { CopyImage } from "./CopyImage";
import { DeregisterImages } from "./DeregisterImages";
import { EditDescription } from "./EditDescription";
import { EditPermissions } from "./EditPermissions";
import { FastLaunchFacts } from "./FastLaunchFacts";
import { HowItWasCut } from "./HowItWasCut";
import { ImageFacts } from "./ImageFacts";
import { ImagePermissions } from "./ImagePermissions";
import { ImageStorage } from "./ImageStorage";
import { ManageDeprecation } from "./ManageDeprecation";
import { ManageProtection } from "./ManageProtection";
import { ownImages, VIEWS } from "./model";

const moments = (id: string, header: TextKey, of: (image: Image) => string | undefined, hidden = false): Column<Image> => ({
  id,
  header,
  width: 210,
  value: (image) => of(image) ?? "",
  cell: (image, { moment }) => moment(of(image)),
  hidden,
});

const columns: Column<Image>[] = [
  { id: "name", header: "instance.name", width: 150, value: (image) => nameTag(image.Tags) },
  { id: "imageName", header: "image.name", width: 240, value: (image) => image.Name ?? "" },
  {
    id: "id",
    header: "image.id",
    width: 215,
    value: (image) => image.ImageId ?? "",
    cell: (image, { region }) => <Link href={at(region, "images", image.ImageId)}>{image.ImageId}</Link>,
  },
  { id: "source", header: "image.source", width: 260, value: (image) => image.ImageLocation ?? "" },
  { id: "owner", header: "image.owner", width: 150, value: (image) => image.OwnerId ?? "" },
  { id: "visibility", header: "image.visibility", width: 120, value: (image, { text }) => visibility(image, text) },
  {
    id: "status",
    header: "image.status",
    width: 130,
    value: (image) => image.State ?? "",
    cell: (image) => <State state={image.State ?? ""} />,
  },
  moments("created", "image.created", (image) => image.CreationDate),
  { id: "platform", header: "image.platform", width: 130, value: (image) => image.PlatformDetails ?? "" },
  { id: "rootType", header: "image.rootType", width: 150, value: (image) => image.RootDeviceType?.toUpperCase() ?? "" },
  { id: "virtualization", header: "image.virtualization", width: 150, value: (image) => image.VirtualizationType ?? "", hidden: true },
  { id: "architecture", header: "image.architecture", width: 130, value: (image) => image.Architecture ?? "", hidden: true },
  { id: "bootMode", header: "image.bootMode", width: 130, value: (image) => image.BootMode ?? "", hidden: true },
  moments("launched", "image.lastLaunched", (image) => image.LastLaunchedTime, true),
  moments("deprecated", "image.deprecation", (image) => image.DeprecationTime, true),
  {
    id: "protection",
    header: "image.protection",
    width: 230,
    value: (image) => spoken(image.DeregistrationProtection ?? ""),
    hidden: true,
  },
];

function visibility(image: Image, text: Text): string {
  return text(image.Public === true ? "image.public" : "image.private");
}

/** Hindered where none of them is in this state. */
const onlyIn =
  (state: string, why: TextKey) =>
  (images: Chosen<Image>, text: Text): string | null =>
    images.some((image) => image.State === state) ? null : text(why);

const launch: Action<Image> = {
  id: "launch",
  text: "action.launchFromImage",
  address: (region, image) => at(region, "launch", image.ImageId),
  hindered: onlyIn("available", "image.onlyAvailable"),
};

const menus: Menu<Image>[] = [
  {
    text: "actions",
    items: [
      launch,
      { id: "view", text: "action.viewDetails", address: (region, image) => at(region, "images", image.ImageId) },
      { id: "copy", text: "action.copyImage", dialog: CopyImage, hindered: onlyIn("available", "image.onlyAvailable") },
      { id: "permissions", text: "action.editImagePermissions", dialog: EditPermissions },
      { id: "description", text: "action.editImageDescription", dialog: EditDescription },
      { id: "fastLaunch", text: "action.configureFastLaunch", dialog: ConfigureFastLaunch },
      { id: "deprecation", text: "action.manageDeprecation", dialog: ManageDeprecation },
      { id: "protection", text: "action.manageProtection", dialog: ManageProtection },
      {
        id: "disable",
        text: "action.disableImage",
        several: true,
        dialog: (given) => <ChangeAvailability change="disable" {...given} />,
        hindered: onlyIn("available", "image.onlyAvailable"),
      },
      {
        id: "enable",
        text: "action.enableImage",
        several: true,
        dialog: (given) => <ChangeAvailability change="enable" {...given} />,
        hindered: onlyIn("disabled", "image.onlyDisabled"),
      },
      { id: "deregister", text: "action.deregisterImage", several: true, dialog: DeregisterImages },
    ],
  },
];

const images: Resource<Image> = {
  page: "images",
  title: "images",
  listing: ownImages,
  views: VIEWS,
  idOf: (image) => image.ImageId ?? "",
  nameOf: (image) => image.Name ?? "",
  tagsOf: (image) => image.Tags ?? [],
  columns,
  sortedBy: "imageName",
  menus,
  buttons: [launch],
  tabs: [
    { id: "details", label: "tab.details", view: ImageFacts },
    { id: "cut", label: "tab.cut", view: HowItWasCut },
    { id: "permissions", label: "tab.permissions", view: ImagePermissions },
    { id: "storage", label: "tab.storage", view: ImageStorage },
    { id: "fastLaunch", label: "fastLaunch.title", view: FastLaunchFacts },
  ],
};

export default images;
