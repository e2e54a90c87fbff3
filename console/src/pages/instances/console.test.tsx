import { act } from "react";
import { expect, test, vi } from "vitest";
import { live } from "../../api/live";
import { LEAST_INTERVAL } from "../../api/listing";
import { eventually, rowOf, serve, show } from "../../testing";
import { EVERY, Screenshot } from "./Screenshot";
import { SystemLog } from "./SystemLog";

const OFF = { status: 400, body: { code: "IncorrectInstanceState", message: "not in the 'running' state" } };

URL.createObjectURL = () => "blob:log";
URL.revokeObjectURL = () => undefined;

test("a system log is read again when the instance boots, or when it is asked for", async () => {
  let said = "first\x1b[0m boot\r\n";
  const heard = serve(() => ({ body: { Output: btoa(said), Timestamp: "2026-01-01T00:00:00.000Z" } }));
  const text = await show(<SystemLog region="us-east-1" item={rowOf("i-1")} />);
  expect(text()).toContain("first boot\n");
  said += "second boot\r\n";
  const tell = (live as unknown as { heard: Set<(changed: string[]) => void> }).heard;
  act(() => tell.forEach((one) => one(["boots"])));
  await eventually(() => text().includes("second boot"));
  said += "by hand\r\n";
  act(() => document.querySelector<HTMLButtonElement>("button[aria-label='Read again']")!.click());
  await eventually(() => text().includes("by hand"));
  expect(heard.map(({ action }) => action)).toEqual(["GetConsoleOutput", "GetConsoleOutput", "GetConsoleOutput"]);
  expect(document.querySelector("a[download='i-1.log']")?.getAttribute("href")).toBe("blob:log");
});

test("a guest that wrote nothing yet has an empty log, and there is nothing to download", async () => {
  serve(() => ({ body: { InstanceId: "i-2" } }));
  const text = await show(<SystemLog region="us-east-1" item={rowOf("i-2")} />);
  expect(text()).toContain("The guest has not written anything yet.");
  expect(document.querySelector("a[download][href]")).toBeNull();
});

test("a screenshot is taken again by itself while somebody looks, and comes back after a refusal", async () => {
  const visible = vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
  let refused = true;
  const heard = serve(() => (refused ? OFF : { body: { ImageData: btoa("a picture") } }));
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setInterval", "clearInterval"] });
  const text = await show(<Screenshot region="us-east-1" item={rowOf("i-1")} />);
  expect(text()).toContain("not in the 'running' state (IncorrectInstanceState, request req-1)");
  refused = false;
  await new Promise((resolve) => setTimeout(resolve, LEAST_INTERVAL));
  act(() => void vi.advanceTimersByTime(EVERY));
  await eventually(() => document.querySelector("img") !== null);
  expect(document.querySelector("img")!.src).toBe(`data:image/jpeg;base64,${btoa("a picture")}`);
  expect(document.querySelector("img")!.alt).toContain("What the display of i-1 shows");
  const count = heard.length;
  visible.mockReturnValue("hidden");
  await new Promise((resolve) => setTimeout(resolve, LEAST_INTERVAL));
  act(() => void vi.advanceTimersByTime(5 * EVERY));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard.length).toBe(count);
  vi.useRealTimers();
  visible.mockRestore();
});
