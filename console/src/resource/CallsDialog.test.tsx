import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act, useState, type ReactNode } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show, type Reply } from "../testing";
import { CallsDialog } from "./CallsDialog";
import { step } from "./steps";

const ALLOWED: Reply = { status: 412, body: { code: "DryRunOperation", message: "" } };
const REFUSED: Reply = { status: 400, body: { code: "InvalidParameterValue", message: "it is gone" } };
const dialog = () => createWrapper().findModal();
const said = (): string => dialog()!.getElement().textContent ?? "";
const go = () => dialog()!.findFooter()!.findAllButtons()[1]!;

/** Deletes gateways. */
function Deleting({ ids }: { ids: string[] }): ReactNode {
  const [left, setLeft] = useState(ids);
  const [open, setOpen] = useState(true);
  if (!open) return "closed";
  return (
    <CallsDialog
      region="us-east-1"
      title="Delete"
      go="Delete"
      planned={left.map((id) => ({
        step: step("DeleteInternetGateway", { InternetGatewayId: id }),
        words: `${id} goes`,
        forget: () => setLeft((before) => before.filter((one) => one !== id)),
      }))}
      state=""
      done={(count) => `${count} done`}
      close={() => setOpen(false)}
    >
      Which go
    </CallsDialog>
  );
}

/** A cloud that refuses these gateways: when it is asked beforehand, or only when it is to be done. */
function cloud({ before = [], then = [] }: { before?: string[]; then?: string[] }) {
  return serve(({ parameters = {} }) => {
    const id = String(parameters.InternetGatewayId);
    if (parameters.DryRun) return before.includes(id) ? REFUSED : ALLOWED;
    return then.includes(id) ? REFUSED : { body: {} };
  });
}

test("all calls are made, in their order, and the dialog closes", async () => {
  const heard = cloud({});
  const page = await show(<Deleting ids={["igw-1", "igw-2"]} />);
  await eventually(() => !go().isDisabled());
  expect(said()).toContain("DeleteInternetGateway: igw-1 goes");
  act(() => go().click());
  await eventually(() => page() === "closed");
  const made = heard.filter(({ parameters }) => !parameters?.DryRun).map(({ parameters }) => parameters?.InternetGatewayId);
  expect(made).toEqual(["igw-1", "igw-2"]);
});

test("a call that would be refused is known before, and none is made", async () => {
  const heard = cloud({ before: ["igw-2"] });
  await show(<Deleting ids={["igw-1", "igw-2"]} />);
  await eventually(() => said().includes("it is gone (InvalidParameterValue)"));
  expect(go().isDisabled()).toBe(true);
  expect(heard.every(({ parameters }) => parameters?.DryRun)).toBe(true);
});

test("where one is refused the others are made, each result is told, and only it is left to be tried again", async () => {
  const heard = cloud({ then: ["igw-2"] });
  await show(<Deleting ids={["igw-1", "igw-2", "igw-3"]} />);
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await eventually(() => said().includes("Calls that were made") && !said().includes("Asking"));
  await settle();
  expect(said()).toContain("it is gone (InvalidParameterValue, request req-1)");
  const plan = said().slice(said().indexOf("Calls that will be made"));
  expect(plan).toContain("igw-2 goes");
  expect(plan).not.toContain("igw-1 goes");
  expect(plan).not.toContain("igw-3 goes");
  expect(heard.filter(({ parameters }) => !parameters?.DryRun)).toHaveLength(3);
});

test("where nothing is changed nothing can be done", async () => {
  cloud({});
  await show(<Deleting ids={[]} />);
  expect(go().isDisabled()).toBe(true);
  expect(said()).toContain("Nothing is changed");
});
