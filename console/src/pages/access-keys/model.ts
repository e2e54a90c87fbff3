/** Access keys as the pages know them: the cloud's own, and those of users. */
import { all, iam, type KeyStatus, type User } from "../../api/iam";
import type { Listing } from "../../api/listing";

export interface AccessKey {
  id: string;
  /** Undefined for the cloud's own, which is the account's. */
  user: string | undefined;
  status: KeyStatus;
  createdAt: string | undefined;
  arn: string | undefined;
}

/** Every access key; they are of no region. */
export function accessKeysOf(region: string): Listing<AccessKey[]> {
  return {
    key: `${region}/access-keys`,
    tables: ["access_keys", "iam_users"],
    read: async () => {
      const users = await all(region, "ListUsers", {}, ({ Users }) => Users);
      const theirs = await Promise.all(users.map((user) => keysOf(region, user)));
      const own = (await iam(region, "ListAccessKeys", {})).AccessKeyMetadata.filter(({ UserName }) => UserName === undefined);
      return [...own.map(({ AccessKeyId, Status }) => ownKey(AccessKeyId, Status)), ...theirs.flat()];
    },
  };
}

async function keysOf(region: string, user: User): Promise<AccessKey[]> {
  const found = await all(region, "ListAccessKeys", { UserName: user.UserName }, (answer) => answer.AccessKeyMetadata);
  return found.map(({ AccessKeyId, Status, CreateDate }) => ({
    ...{ id: AccessKeyId, user: user.UserName, status: Status, createdAt: CreateDate, arn: user.Arn },
  }));
}

function ownKey(id: string, status: KeyStatus): AccessKey {
  return { id, user: undefined, status, createdAt: undefined, arn: undefined };
}

const USER = /^[\w+=,.@-]{1,64}$/;

/** Whether IAM takes this as the name of a user. */
export function isUserName(name: string): boolean {
  return USER.test(name);
}
