import { expect, test } from "vitest";
import { serve } from "../testing";
import { call, callsMade, Refused, wouldBeRefused } from "./call";
import { halfB, onEnd } from "./session";

const STOP = { InstanceIds: ["i-1"] };

test("a refusal has EC2's code and words, and the request", async () => {
  serve(() => ({ status: 400, body: { code: "OperationNotPermitted", message: "may not be stopped" } }));
  const refused = await call("us-east-1", "StopInstances", STOP).catch((failure: unknown) => failure);
  expect(refused).toBeInstanceOf(Refused);
  expect(refused).toMatchObject({ code: "OperationNotPermitted", message: "may not be stopped", requestId: "req-1" });
  expect(callsMade.read()[0]).toMatchObject({ action: "StopInstances", outcome: "OperationNotPermitted", changes: true });
});

test("a dry run tells what would be refused, and is no change", async () => {
  const heard = serve(({ parameters }) =>
    (parameters?.InstanceIds as string[])[0] === "i-1"
      ? { status: 412, body: { code: "DryRunOperation", message: "" } }
      : { status: 400, body: { code: "OperationNotPermitted", message: "" } },
  );
  expect(await wouldBeRefused("us-east-1", "StopInstances", STOP)).toBeNull();
  expect(callsMade.read()[0]).toMatchObject({ changes: false });
  expect(await wouldBeRefused("us-east-1", "StopInstances", { InstanceIds: ["i-2"] })).toBeInstanceOf(Refused);
  expect(callsMade.read()[0]).toMatchObject({ outcome: "OperationNotPermitted", changes: false });
  expect(heard.every(({ parameters }) => parameters?.DryRun === true)).toBe(true);
});

test("what has no dry run is not asked for one", async () => {
  const heard = serve(() => ({ body: {} }));
  expect(await wouldBeRefused("us-east-1", "ModifyVpcAttribute", { VpcId: "vpc-1", EnableDnsSupport: { Value: true } })).toBeNull();
  expect(heard).toEqual([]);
});

test("a session that the server does not know is forgotten", async () => {
  localStorage.setItem("kumoniwa-session", "half");
  const told: string[] = [];
  onEnd((why) => told.push(why));
  serve(() => ({ status: 403, body: { code: "NotSignedIn", message: "" } }));
  await expect(call("us-east-1", "DescribeInstances", {})).rejects.toThrow();
  expect([halfB(), told]).toEqual([null, ["ended"]]);
});
