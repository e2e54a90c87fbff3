/** Access keys: who may sign calls to this cloud, and as whom. */
import Link from "@cloudscape-design/components/link";
import type { Resource } from "../../resource/resource";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import type { Text } from "../../texts/texts";
import { AccessKeyFacts } from "./AccessKeyFacts";
import { ActivateKeys, DeactivateKeys, DeleteKeys } from "./ChangeAccessKeys";
import { CreateAccessKey } from "./CreateAccessKey";
import { accessKeysOf, type AccessKey } from "./model";

const isOwn = (keys: readonly AccessKey[]): boolean => keys.some(({ user }) => user === undefined);
const ofUsers = (keys: readonly AccessKey[], text: Text): string | null => (isOwn(keys) ? text("accessKey.isOwn") : null);

const accessKeys: Resource<AccessKey> = {
  page: "access-keys",
  title: "accessKeys",
  about: "accessKey.about",
  listing: accessKeysOf,
  idOf: ({ id }) => id,
  nameOf: ({ user }) => user ?? "",
  columns: [
    {
      id: "id",
      header: "accessKey.id",
      width: 240,
      value: ({ id }) => id,
      cell: ({ id }, { region }) => <Link href={at(region, "access-keys", id)}>{id}</Link>,
    },
    { id: "user", header: "accessKey.user", width: 240, value: ({ user }, { text }) => user ?? text("accessKey.own") },
    {
      id: "status",
      header: "accessKey.status",
      width: 140,
      value: ({ status }) => status,
      cell: ({ status }) => <State state={status.toLowerCase()} />,
    },
    {
      id: "created",
      header: "accessKey.createdAt",
      width: 210,
      value: ({ createdAt }) => createdAt ?? "",
      cell: ({ createdAt }, { moment }) => moment(createdAt),
    },
  ],
  sortedBy: "user",
  menus: [
    {
      text: "actions",
      items: [
        {
          id: "activate",
          text: "accessKey.activate",
          several: true,
          hindered: (keys, text) =>
            ofUsers(keys, text) ?? (keys.every(({ status }) => status === "Active") ? text("accessKey.isActive") : null),
          dialog: ActivateKeys,
        },
        {
          id: "deactivate",
          text: "accessKey.deactivate",
          several: true,
          hindered: (keys, text) =>
            ofUsers(keys, text) ?? (keys.every(({ status }) => status === "Inactive") ? text("accessKey.isInactive") : null),
          dialog: DeactivateKeys,
        },
        { id: "delete", text: "accessKey.delete", several: true, hindered: ofUsers, dialog: DeleteKeys },
      ],
    },
  ],
  create: { text: "accessKey.create", dialog: CreateAccessKey },
  tabs: [{ id: "details", label: "tab.details", view: AccessKeyFacts }],
};

export default accessKeys;
