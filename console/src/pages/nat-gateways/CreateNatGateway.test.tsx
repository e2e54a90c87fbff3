import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show } from "../../testing";
import { natGatewayCommands } from "./commands";
import { CreateNatGateway } from "./CreateNatGateway";

const dialog = () => createWrapper().findModal()!;
const said = (): string => dialog().getElement().textContent ?? "";
const go = () => dialog().findFooter()!.findAllButtons()[1]!;

function choose(index: number, value: string): void {
  const select = dialog().findContent().findAllSelects()[index]!;
  act(() => select.openDropdown());
  act(() => select.selectOptionByValue(value, { expandToViewport: true }));
}

test("an address that was allocated for a gateway that was refused is taken by the next attempt", async () => {
  const heard = serve(({ action, parameters = {} }) => {
    if (parameters.DryRun) return { status: 412, body: { code: "DryRunOperation", message: "" } };
    if (action === "DescribeSubnets") return { body: { Subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1" }] } };
    if (action === "AllocateAddress") return { body: { AllocationId: "eipalloc-9" } };
    if (action === "DescribeAddresses") return { body: { Addresses: [{ AllocationId: "eipalloc-9", PublicIp: "127.1.2.3" }] } };
    if (action === "CreateNatGateway") return { status: 503, body: { code: "RequestLimitExceeded", message: "too many" } };
    return { body: {} };
  });
  const made = () =>
    heard.filter(({ action, parameters }) => /^(Allocate|Create)/.test(action ?? "") && !parameters?.DryRun).map(({ action }) => action);
  await show(<CreateNatGateway region="us-east-1" close={() => undefined} />);
  await eventually(() => dialog().findContent().findAllSelects().length === 2);
  choose(0, "subnet-1");
  choose(1, "new");
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await eventually(() => said().includes("too many"));
  expect(said()).toContain("eipalloc-9 was allocated for it, and stays yours");
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await eventually(() => made().length === 3);
  await settle();
  expect(made()).toEqual(["AllocateAddress", "CreateNatGateway", "CreateNatGateway"]);
  const last = heard.findLast(({ action }) => action === "CreateNatGateway");
  expect(last?.parameters).toMatchObject({ SubnetId: "subnet-1", AllocationId: "eipalloc-9" });
});

test("the commands allocate a new address before they name it", () => {
  const parameters = { SubnetId: "subnet-1", ConnectivityType: "public" as const, AllocationId: "new" };
  expect(natGatewayCommands("us-east-1", parameters, true)).toEqual([
    "ALLOCATION=$(aws ec2 allocate-address --region us-east-1 --domain vpc --query AllocationId --output text)",
    'aws ec2 create-nat-gateway --region us-east-1 --subnet-id subnet-1 --connectivity-type public --allocation-id "$ALLOCATION"',
  ]);
});
