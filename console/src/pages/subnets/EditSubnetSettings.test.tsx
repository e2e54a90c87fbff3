import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import type { Subnet } from "../../api/types";
import { serve, show } from "../../testing";
import { EditSubnetSettings } from "./EditSubnetSettings";
import { rowsOf } from "./model";

const dialog = () => createWrapper().findModal()!;
const autoIpv6 = () => dialog().findContent().findAllCheckboxes()[1]!.findNativeInput().getElement();

async function open(more: Subnet): Promise<void> {
  serve(() => ({ body: {} }));
  const [row] = rowsOf([{ SubnetId: "subnet-1", ...more }], [], [], []);
  await show(<EditSubnetSettings region="us-east-1" items={[row!]} close={() => undefined} />);
}

test("a subnet without an IPv6 block cannot assign IPv6 addresses, and says so", async () => {
  await open({});
  expect(autoIpv6().disabled).toBe(true);
  expect(dialog().getElement().textContent).toContain("subnet-1 has no IPv6 CIDR block.");
});

test("a subnet with one can", async () => {
  await open({ Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: "2600:1f00:1:2201::/64" }] });
  act(() => autoIpv6().click());
  expect(dialog().getElement().textContent).toContain("--assign-ipv6-address-on-creation");
});

test("a subnet that assigns them may stop that, whatever blocks it has", async () => {
  await open({ AssignIpv6AddressOnCreation: true });
  expect(autoIpv6().disabled).toBe(false);
});
