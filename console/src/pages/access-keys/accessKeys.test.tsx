import { act } from "react";
import { expect, test } from "vitest";
import { callsMade } from "../../api/call";
import { eventually, serve, settle, show, type Reply } from "../../testing";
import { textsOf } from "../../texts/texts";
import accessKeys from "./accessKeys";
import { CreateAccessKey } from "./CreateAccessKey";
import { DeleteKeys } from "./ChangeAccessKeys";
import { accessKeysOf, isUserName, type AccessKey } from "./model";

const JOB = { UserName: "job", UserId: "AIDA1", Arn: "arn:aws:iam::1:user/job", CreateDate: "2026-01-01T00:00:00Z" };
const METADATA = { UserName: "job", AccessKeyId: "AKIAJOB", Status: "Active", CreateDate: "2026-01-02T00:00:00Z" };
const OWN: AccessKey = { id: "AKIAOWN", user: undefined, status: "Active", createdAt: undefined, arn: undefined };
const KEY: AccessKey = { id: "AKIAJOB", user: "job", status: "Active", createdAt: METADATA.CreateDate, arn: JOB.Arn };

function iam({ action, parameters }: { action?: string; parameters?: Record<string, unknown> }): Reply {
  switch (action) {
    case "ListUsers":
      if (parameters?.Marker === undefined) return { body: { Users: [], IsTruncated: true, Marker: "more" } };
      return { body: { Users: [JOB], IsTruncated: false } };
    case "ListAccessKeys":
      if (parameters?.UserName === "job") return { body: { AccessKeyMetadata: [METADATA], IsTruncated: false } };
      return { body: { AccessKeyMetadata: [{ AccessKeyId: "AKIAOWN", Status: "Active" }], IsTruncated: false } };
    case "CreateUser":
      return { status: 409, body: { code: "EntityAlreadyExists", message: "" } };
    case "CreateAccessKey":
      return { body: { AccessKey: { AccessKeyId: "AKIANEW", SecretAccessKey: "the-secret" } } };
    default:
      return { body: {} };
  }
}

test("every user's keys are listed, over all pages, and the cloud's own", async () => {
  serve(iam);
  expect(await accessKeysOf("us-east-1").read()).toEqual([OWN, KEY]);
});

test("the cloud's own key cannot be chosen for anything, and says why", () => {
  const text = textsOf("en");
  const actions = accessKeys.menus.flatMap(({ items }) => items).filter((item) => "dialog" in item);
  const why = (key: AccessKey): unknown[] => actions.map(({ hindered }) => hindered?.([key], text));
  expect(why(OWN)).toEqual(Array(3).fill(text("accessKey.isOwn")));
  expect(why(KEY)).toEqual([text("accessKey.isActive"), null, null]);
});

test("a deletion names what signs no more, and asks IAM for each", async () => {
  const heard = serve(iam);
  const told = await show(<DeleteKeys region="us-east-1" items={[KEY]} close={() => undefined} />);
  expect(told()).toContain("job (AKIAJOB)");
  press("Delete access key");
  await settle();
  expect(heard).toEqual([
    { service: "iam", action: "DeleteAccessKey", region: "us-east-1", parameters: { UserName: "job", AccessKeyId: "AKIAJOB" } },
  ]);
  expect(callsMade.read()[0]).toMatchObject({ service: "iam", action: "DeleteAccessKey", changes: true });
});

test("a key of a user that there is already is made, and its secret shown once", async () => {
  serve(iam);
  const told = await show(<CreateAccessKey region="us-east-1" close={() => undefined} />);
  const field = document.querySelector<HTMLInputElement>("input")!;
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(field, "job");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  press("Create access key");
  await eventually(() => told().includes("the-secret"));
  expect(told()).toContain("export AWS_ACCESS_KEY_ID=AKIANEW");
});

test.each([
  ["job", true],
  ["a.b+c=d,e@f_g-h", true],
  ["x".repeat(64), true],
  ["x".repeat(65), false],
  ["", false],
  ["a b", false],
  ["ä", false],
])("a user named %j is one that IAM takes: %s", (name, taken) => {
  expect(isUserName(name)).toBe(taken);
});

function press(name: string): void {
  const button = [...document.querySelectorAll("button")].find((one) => one.textContent === name && !one.hasAttribute("disabled"))!;
  act(() => button.click());
}
