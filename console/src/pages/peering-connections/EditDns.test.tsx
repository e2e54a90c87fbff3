import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act, useState, type ReactNode } from "react";
import { expect, test } from "vitest";
import { eventually, serve, show } from "../../testing";
import { EditDns } from "./EditDns";
import type { PeeringRow } from "./model";

const REGION = "us-east-1";
const dialog = () => createWrapper().findModal()!;
const rowWith = (ofRequester: boolean): PeeringRow => {
  const side = (VpcId: string, AllowDnsResolutionFromRemoteVpc: boolean) => ({
    VpcId,
    Region: REGION,
    PeeringOptions: { AllowDnsResolutionFromRemoteVpc },
  });
  const [requester, accepter] = [side("vpc-1", ofRequester), side("vpc-2", false)];
  return { id: "pcx-1", name: "", state: "active", peering: {}, requester, accepter };
};

test("what somebody else changes of the other side while the dialog is open is not changed back", async () => {
  const heard = serve(({ parameters = {} }) => (parameters.DryRun ? { status: 412, body: { code: "DryRunOperation", message: "" } } : { body: {} }));
  let change: (row: PeeringRow) => void = () => undefined;
  function Shown(): ReactNode {
    const [row, setRow] = useState(rowWith(false));
    change = setRow;
    return <EditDns region={REGION} items={[row]} close={() => undefined} />;
  }
  await show(<Shown />);
  act(() => dialog().findContent().findAllCheckboxes()[1]!.findNativeInput().click());
  act(() => change(rowWith(true)));
  await eventually(() => heard.length > 0);
  expect(heard.at(-1)?.parameters).toEqual({
    VpcPeeringConnectionId: "pcx-1",
    AccepterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: true },
    DryRun: true,
  });
});
