import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, serve, show, type Reply } from "../../testing";
import { link } from "./chain";
import { ChainDialog } from "./ChainDialog";

const chain = [
  link("the VPC", "CreateVpc", { CidrBlock: "10.0.0.0/16" }, { name: "VPC", query: "Vpc.VpcId" }),
  link("the subnet", "CreateSubnet", (made) => ({ VpcId: made("VPC"), CidrBlock: "10.0.0.0/24" }), { name: "SUBNET", query: "Subnet.SubnetId" }),
];
const WOULD: Reply = { status: 412, body: { code: "DryRunOperation", message: "" } };
const REFUSED: Reply = { status: 400, body: { code: "SubnetLimitExceeded", message: "no more subnets" } };
const button = () => createWrapper().findModal()!.findFooter()!.findAll("button").at(-1)!;

/** A cloud that refuses so many subnets before it makes one; what was really asked of it. */
function cloud(refusals: number) {
  let left = refusals;
  const heard = serve(({ action, parameters }) => {
    if (parameters?.DryRun) return WOULD;
    if (action === "CreateVpc") return { body: { Vpc: { VpcId: "vpc-1" } } };
    return left-- > 0 ? REFUSED : { body: { Subnet: { SubnetId: "subnet-1" } } };
  });
  return () => heard.filter(({ parameters }) => !parameters?.DryRun).map(({ action, parameters }) => [action, parameters?.VpcId]);
}

const dialog = (stays: boolean, closed: string[]) => (
  <ChainDialog
    region="us-east-1"
    title="Create VPC"
    links={chain}
    hindered={null}
    done={(made) => `made ${[...made.values()].join(" and ")}`}
    stays={stays}
    close={() => closed.push("closed")}
  >
    <p>the form</p>
  </ChainDialog>
);

test("the calls are made one after the other, and what they made is shown", async () => {
  const [asked, closed] = [cloud(0), [] as string[]];
  const text = await show(dialog(true, closed));
  await eventually(() => !button().getElement().hasAttribute("aria-disabled"));
  act(() => button().click());
  await eventually(() => text().includes("made vpc-1 and subnet-1"));
  expect(asked()).toEqual([["CreateVpc", undefined], ["CreateSubnet", "vpc-1"]]);
  expect(text()).not.toContain("the form");
  expect(closed).toEqual([]);
  act(() => button().click());
  await eventually(() => closed.length === 1);
});

test("where one is refused it goes on from there, and what was made is made once", async () => {
  const [asked, closed] = [cloud(1), [] as string[]];
  const text = await show(dialog(false, closed));
  await eventually(() => !button().getElement().hasAttribute("aria-disabled"));
  act(() => button().click());
  await eventually(() => text().includes("no more subnets (SubnetLimitExceeded, request req-1)"));
  expect(button().getElement().textContent).toBe("Go on from there");
  expect(text()).toContain("aws ec2 create-subnet --region us-east-1 --vpc-id vpc-1");
  expect(text()).not.toContain("aws ec2 create-vpc");
  act(() => button().click());
  await eventually(() => closed.length === 1);
  expect(asked().map(([action]) => action)).toEqual(["CreateVpc", "CreateSubnet", "CreateSubnet"]);
});
