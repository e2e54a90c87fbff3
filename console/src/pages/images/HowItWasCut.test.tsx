import { expect, test } from "vitest";
import type { Image } from "../../api/types";
import { bootOf, second, serve, show } from "../../testing";
import { HowItWasCut } from "./HowItWasCut";
import type { HowCut } from "./model";

const part = (more: Partial<HowCut["snapshots"][number]> = {}): HowCut["snapshots"][number] => ({
  device: "/dev/xvda",
  snapshot_id: "snap-1",
  volume_id: "vol-1",
  state: "completed",
  progress: 100,
  consistency: "at-rest",
  detail: null,
  completed_at: second(106),
  ...more,
});

const cut = (more: Partial<HowCut>): HowCut => ({
  request_id: "request-cut",
  asked_at: second(100),
  consistency: "at-rest",
  detail: "the guest shut down cleanly for the cut",
  frozen_ms: null,
  snapshots: [part()],
  booted: [],
  ...more,
});

let count = 0;

/** What the tab says of such an image of an instance that had these boots. */
const told = async (how: HowCut, State: NonNullable<Image["State"]>, boots: ReturnType<typeof bootOf>[] | null, reason = ""): Promise<string> => {
  const number = ++count; // listings of one key are read once
  serve(({ path = "" }) => {
    if (path.startsWith("images/")) return { body: how };
    if (boots === null) return { status: 400, body: { code: "InvalidInstanceID.NotFound", message: "It does not exist" } };
    return { body: { boots, hibernations: [] } };
  });
  const StateReason = reason === "" ? {} : { StateReason: { Code: "Server.InternalError", Message: reason } };
  const image = { ImageId: `ami-${number}`, SourceInstanceId: `i-cut-${number}`, State, ...StateReason };
  return (await show(<HowItWasCut region="us-east-1" item={image} />))();
};

test("an image at rest says when its guest was down and for how long, and who booted from it", async () => {
  const before = bootOf(1, 0, { end_request_id: "request-cut", end_requested_at: second(101), at_rest_at: second(104), end_clean: true });
  const after = bootOf(2, 105, { action: "CreateImage", request_id: "request-cut", cut_seconds: 0.004 });
  const booted = [{ instance_id: "i-new", started_at: second(200), reachable_at: second(203), from_memory: true, cold_because: null }];
  const text = await told(cut({ booted }), "available", [before, after]);
  expect(text).toContain("Cut at rest");
  expect(text).toMatch(/asked to shut down at .*, and 3.0 s later, at .*, it had\./);
  expect(text).toContain("cut together, in 4 ms");
  expect(text).toContain("could not be reached for 6.0 s");
  expect(text).toMatch(/i-new.*From memory/);
});

test("a guest that did not shut down in time is said to have been halted", async () => {
  const ended = { end_requested_at: second(101), ended_at: second(341), end_clean: false };
  const boots = [bootOf(1, 0, ended), bootOf(2, 342, { request_id: "request-cut" })];
  const text = await told(cut({ consistency: "crash-consistent" }), "available", boots);
  expect(text).toContain("Crash-consistent");
  expect(text).toContain("did not in time: 4 min 0 s later");
});

test("of frozen file systems it says for how long they were", async () => {
  const text = await told(cut({ consistency: "frozen", frozen_ms: 41.7 }), "available", [bootOf(1, 0)]);
  expect(text).toContain("held its file systems frozen for 42 ms");
  expect(text).toContain("What proves it: the guest agent confirmed the freeze");
});

test("while it is made, its snapshots' progress is seen, and nothing is claimed", async () => {
  const how = cut({ consistency: null, detail: null, snapshots: [part({ state: "pending", progress: 40, consistency: null })] });
  const text = await told(how, "pending", [bootOf(1, 0)]);
  expect(text).toContain("It is being made");
  expect(text).toContain("40%");
  expect(text).not.toContain("went on running");
});

test("one that failed says why", async () => {
  const how = cut({ consistency: null, detail: null, snapshots: [part({ state: "error", consistency: null })] });
  const text = await told(how, "failed", [bootOf(1, 0)], "Server.InternalError: no room");
  expect(text).toContain("It could not be made");
  expect(text).toContain("Server.InternalError: no room");
});

test("where its instance is forgotten, what was seen is still told", async () => {
  const text = await told(cut({}), "available", null);
  expect(text).toContain("are not known any more");
  expect(text).toContain("the guest shut down cleanly for the cut");
});
