/** The calls of IAM that pages make. EC2's are typed by its SDK; of IAM there are too few for a package of their own. */
import { callOf } from "./call";

export interface User {
  UserName: string;
  UserId: string;
  Arn: string;
  CreateDate: string;
}

export type KeyStatus = "Active" | "Inactive";

interface Page {
  IsTruncated: boolean;
  Marker?: string;
}

interface Asking {
  Marker?: string;
}

/** By action, what it takes and what it gives. */
interface Iam {
  CreateAccessKey: [{ UserName: string }, { AccessKey: { AccessKeyId: string; SecretAccessKey: string } }];
  CreateUser: [{ UserName: string }, { User: User }];
  DeleteAccessKey: [{ UserName: string; AccessKeyId: string }, object];
  ListAccessKeys: [
    Asking & { UserName?: string },
    Page & { AccessKeyMetadata: { UserName?: string; AccessKeyId: string; Status: KeyStatus; CreateDate?: string }[] },
  ];
  ListUsers: [Asking, Page & { Users: User[] }];
  UpdateAccessKey: [{ UserName: string; AccessKeyId: string; Status: KeyStatus }, object];
}

/** Call an action of IAM, which knows no regions. Throws `Refused` and `Unreachable`. */
export function iam<A extends keyof Iam>(region: string, action: A, parameters: Iam[A][0]): Promise<Iam[A][1]> {
  return callOf("iam", region, action, parameters) as Promise<Iam[A][1]>;
}

/** Every item of a list, over all its pages. */
export async function all<A extends "ListUsers" | "ListAccessKeys", T>(
  region: string,
  action: A,
  parameters: Iam[A][0],
  items: (answer: Iam[A][1]) => T[],
): Promise<T[]> {
  const found: T[] = [];
  for (let asked = parameters; ; ) {
    const answer = await iam(region, action, asked);
    found.push(...items(answer));
    if (!answer.IsTruncated || answer.Marker === undefined) return found;
    asked = { ...parameters, Marker: answer.Marker };
  }
}
