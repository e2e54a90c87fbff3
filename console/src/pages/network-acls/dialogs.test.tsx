import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show } from "../../testing";
import { EditAssociations } from "./EditAssociations";
import { EditEntries } from "./EditEntries";
import { rowsOf } from "./model";

const REGION = "us-east-1";
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;
const said = (): string => dialog().getElement().textContent ?? "";
const go = () => dialog().findFooter()!.findAllButtons()[1]!;

const associated = (SubnetId: string, acl: string) => ({ SubnetId, NetworkAclId: acl, NetworkAclAssociationId: `of-${SubnetId}` });
const [usual, own] = rowsOf(
  [
    { NetworkAclId: "acl-1", VpcId: "vpc-1", IsDefault: true, Associations: [associated("subnet-1", "acl-1")] },
    { NetworkAclId: "acl-2", VpcId: "vpc-1", IsDefault: false, Associations: [associated("subnet-2", "acl-2")], Entries: [] },
  ],
  ["subnet-1", "subnet-2"].map((SubnetId) => ({ SubnetId, VpcId: "vpc-1" })),
);

/** A cloud that would make every call, and refuses the entry with this number when it comes to it. */
function cloud(refused?: number) {
  return serve(({ parameters = {} }) => {
    if (parameters.DryRun) return { status: 412, body: { code: "DryRunOperation", message: "" } };
    if (parameters.RuleNumber === refused && refused !== undefined) return { status: 400, body: { code: "NetworkAclEntryAlreadyExists", message: "taken" } };
    return { body: {} };
  });
}

const made = (heard: ReturnType<typeof serve>) => heard.filter(({ parameters }) => !parameters?.DryRun).map(({ parameters }) => parameters);

test("each call has its result, and what was refused is still to be done", async () => {
  const heard = cloud(200);
  await show(<EditEntries region={REGION} items={[own!]} way="inbound" close={close} />);
  const editor = () => dialog().findContent().findAttributeEditor()!;
  for (const port of ["22", "80"]) {
    act(() => editor().findAddButton().click());
    const rows = editor().findRows();
    act(() => rows.at(-1)!.findField(4)!.findControl()!.findInput()!.setInputValue(port));
  }
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await eventually(() => said().includes("taken (NetworkAclEntryAlreadyExists, request req-1)"));
  expect(made(heard)).toMatchObject([{ RuleNumber: 100 }, { RuleNumber: 200 }]);
  expect(said()).toContain("Calls that were madeCreateNetworkAclEntry: 100: Allow SSH (TCP, 22) from 0.0.0.0/0CreateNetworkAclEntry: 200");
  expect(said()).toContain("Calls that will be made, in this orderCreateNetworkAclEntry: 200: Allow HTTP (TCP, 80) from 0.0.0.0/0");
});

test("a subnet that is deselected gets the default network ACL, which never gives one up by itself", async () => {
  const heard = cloud();
  await show(<EditAssociations region={REGION} items={[own!]} close={close} />);
  const table = dialog().findContent().findTable()!;
  act(() => table.findRowSelectionArea(1)!.click());
  act(() => table.findRowSelectionArea(2)!.click());
  await eventually(() => !go().isDisabled());
  expect(said()).toContain("subnet-1 gets acl-2 in place of acl-1");
  expect(said()).toContain("subnet-2 gets acl-1 in place of acl-2");
  act(() => go().click());
  await settle();
  expect(made(heard)).toEqual([
    { AssociationId: "of-subnet-1", NetworkAclId: "acl-2" },
    { AssociationId: "of-subnet-2", NetworkAclId: "acl-1" },
  ]);
});

test("the default network ACL says why it keeps its subnets", async () => {
  cloud();
  await show(<EditAssociations region={REGION} items={[usual!]} close={close} />);
  act(() => dialog().findContent().findTable()!.findRowSelectionArea(1)!.click());
  await settle();
  expect(go().isDisabled()).toBe(true);
  act(() => go().focus());
  expect(said()).toContain("associate subnet-1 with another network ACL there instead");
});
