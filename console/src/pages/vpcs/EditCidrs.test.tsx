import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { serve, settle, show } from "../../testing";
import { EditCidrs } from "./EditCidrs";
import { rowsOf, type VpcRow } from "./model";

/** A VPC with so many IPv6 blocks. */
const rowWith = (count: number): VpcRow => ({
  ...{ id: "vpc-1", name: "", state: "available", mainTable: undefined, mainAcl: undefined, options: undefined },
  vpc: {
    VpcId: "vpc-1",
    CidrBlockAssociationSet: [{ AssociationId: "ipv4", CidrBlock: "10.0.0.0/16" }],
    Ipv6CidrBlockAssociationSet: Array.from({ length: count }, (_, index) => ({
      AssociationId: `ipv6-${index}`,
      Ipv6CidrBlock: `2600:1f00:0:${index}00::/56`,
    })),
  },
});
const open = (count: number) => show(<EditCidrs region="us-east-1" items={[rowWith(count)]} close={() => undefined} />);
/** The boxes of the blocks to remove, and last the one to ask for a further IPv6 block. */
const boxes = () => createWrapper().findModal()!.findContent().findAllCheckboxes().map((box) => box.findNativeInput().getElement());

test("a VPC with four IPv6 blocks gets a fifth", async () => {
  serve(() => ({ body: { Subnets: [] } }));
  const text = await open(4);
  const further = boxes().at(-1)!;
  expect(further.disabled).toBe(false);
  act(() => further.click());
  expect(text().split("Amazon-provided IPv6 CIDR block")).toHaveLength(3); // at the box, and in what will be done
});

test("beside five IPv6 blocks there is room once one goes", async () => {
  serve(() => ({ body: { Subnets: [] } }));
  await open(5);
  expect(boxes().at(-1)!.disabled).toBe(true);
  act(() => boxes()[1]!.click());
  expect(boxes().at(-1)!.disabled).toBe(false);
  act(() => boxes().at(-1)!.click());
  act(() => boxes()[1]!.click());
  expect(boxes().at(-1)!.disabled).toBe(false); // to take it back
});

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
