import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, serve, settle, show } from "../../testing";
import { AssociateAddress } from "./AssociateAddress";

const REGION = "us-east-1";
const dialog = () => createWrapper().findModal()!;
const said = (): string => dialog().getElement().textContent ?? "";
const go = () => dialog().findFooter()!.findAllButtons()[1]!;

const association = (PublicIp: string, id?: string) => ({ PublicIp, ...(id && { AllocationId: id, AssociationId: `of-${id}` }) });
const eni = (id: string, host: string, ...addresses: [string, object?][]) => ({
  NetworkInterfaceId: id,
  PrivateIpAddress: addresses[0]![0],
  PrivateIpAddresses: addresses.map(([PrivateIpAddress, Association], index) => ({ PrivateIpAddress, Association, Primary: index === 0 })),
  Attachment: { InstanceId: host, DeviceIndex: 0, AttachmentId: `at-${host}`, Status: "attached" },
});
const interfaces = [
  eni("eni-1", "i-1", ["10.0.0.1", association("127.0.0.9")], ["10.0.0.2", association("127.0.0.2", "eipalloc-2")]),
  eni("eni-2", "i-2", ["10.0.0.3", association("127.0.0.1", "eipalloc-1")]),
];
const addresses = [
  { AllocationId: "eipalloc-1", PublicIp: "127.0.0.1", AssociationId: "of-1", NetworkInterfaceId: "eni-2", PrivateIpAddress: "10.0.0.3" },
  { AllocationId: "eipalloc-2", PublicIp: "127.0.0.2", AssociationId: "of-2", NetworkInterfaceId: "eni-1", PrivateIpAddress: "10.0.0.2" },
];
const instances = ["i-1", "i-2"].map((InstanceId) => ({ InstanceId, State: { Name: "running" } }));

test("it says from what the address is taken, and what it displaces", async () => {
  const heard = serve(({ action, parameters = {} }) => {
    if (parameters.DryRun) return { status: 412, body: { code: "DryRunOperation", message: "" } };
    if (action === "DescribeAddresses") return { body: { Addresses: addresses } };
    if (action === "DescribeNetworkInterfaces") return { body: { NetworkInterfaces: interfaces } };
    return { body: action === "DescribeInstances" ? { Reservations: [{ Instances: instances }] } : {} };
  });
  await show(<AssociateAddress region={REGION} to={{ kind: "interface", id: "eni-1" }} close={() => undefined} />);
  const choose = (index: number, value: string): void => {
    const select = dialog().findContent().findAllSelects()[index]!;
    act(() => select.openDropdown());
    act(() => select.selectOptionByValue(value, { expandToViewport: true }));
  };
  choose(0, "eipalloc-1");
  await settle();
  expect(said()).toContain("It is taken from i-2 (10.0.0.3), which is reached at 127.0.0.1 no more");
  expect(said()).toContain("Its public address 127.0.0.9 is given back");
  choose(1, "10.0.0.2");
  await settle();
  expect(said()).toContain("The Elastic IP address 127.0.0.2 leads there now: it is disassociated, and stays yours.");
  expect(said()).not.toContain("127.0.0.9 is given back");
  act(() => dialog().findContent().findCheckbox()!.findNativeInput().click());
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await settle();
  expect(heard.filter(({ action, parameters }) => action === "AssociateAddress" && !parameters?.DryRun).map(({ parameters }) => parameters)).toEqual([
    { AllocationId: "eipalloc-1", NetworkInterfaceId: "eni-1", PrivateIpAddress: "10.0.0.2", AllowReassociation: true },
  ]);
});
