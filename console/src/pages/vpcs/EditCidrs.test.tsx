import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { serve, settle, show } from "../../testing";
import { EditCidrs } from "./EditCidrs";
import { rowsOf } from "./model";

const dialog = () => createWrapper().findModal()!;
const go = () => dialog().findFooter()!.findAllButtons()[1]!;
const typeBlock = (block: string): void => {
  const editor = dialog().findContent().findAttributeEditor()!;
  act(() => editor.findAddButton().click());
  act(() => editor.findRows().at(-1)!.findField(1)!.findControl()!.findInput()!.setInputValue(block));
};

test("a sixth block is hindered, until one of the others is to go", async () => {
  serve(({ parameters = {} }) => (parameters.DryRun ? { status: 412, body: { code: "DryRunOperation", message: "" } } : { body: {} }));
  const CidrBlockAssociationSet = [0, 1, 2, 3].map((number) => ({ AssociationId: `of-${number}`, CidrBlock: `10.${number}.0.0/16` }));
  const [row] = rowsOf([{ VpcId: "vpc-1", CidrBlockAssociationSet }], [], [], []);
  await show(<EditCidrs region="us-east-1" items={[row!]} close={() => undefined} />);
  typeBlock("10.4.0.0/16");
  typeBlock("10.3.7.0/24");
  await settle();
  act(() => go().focus());
  expect(dialog().getElement().textContent).toContain("10.3.7.0/24 and 10.3.0.0/16");
  act(() => dialog().findContent().findAttributeEditor()!.findRows()[1]!.findRemoveButton()!.click());
  typeBlock("10.5.0.0/16");
  act(() => go().focus());
  expect(dialog().getElement().textContent).toContain("A VPC has at most 5 IPv4 CIDR blocks");
  act(() => dialog().findContent().findAllCheckboxes()[3]!.findNativeInput().click());
  expect(dialog().getElement().textContent).not.toContain("A VPC has at most 5 IPv4 CIDR blocks");
});
