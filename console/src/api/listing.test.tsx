import { act } from "react";
import { expect, test, vi } from "vitest";
import { settle, show } from "../testing";
import { LEAST_INTERVAL, useListing } from "./listing";
import { live } from "./live";

function Shown({ read }: { read: () => Promise<string> }): string {
  const { value, failure } = useListing({ key: "shown", tables: ["instances"], read });
  return value ?? failure?.message ?? "nothing";
}

/** As the server would tell it. */
function tell(changed: readonly string[] | "everything"): void {
  (live as unknown as { heard: Set<(changed: unknown) => void> }).heard.forEach((heard) => heard(changed));
}

test("what is shown is read again when its table changes, and at most once a second", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const read = vi.fn(async () => `reading ${read.mock.calls.length}`);
  const text = await show(<Shown read={read} />);
  expect(text()).toContain("reading 1");
  for (let change = 0; change < 20; change++) act(() => tell(["instances", "boots"]));
  await settle();
  expect(read).toHaveBeenCalledTimes(1);
  await act(() => vi.advanceTimersByTimeAsync(LEAST_INTERVAL));
  expect(read).toHaveBeenCalledTimes(2);
  expect(text()).toContain("reading 2");
  await act(() => vi.advanceTimersByTimeAsync(10 * LEAST_INTERVAL));
  act(() => tell(["volumes"]));
  await act(() => vi.advanceTimersByTimeAsync(LEAST_INTERVAL));
  expect(read).toHaveBeenCalledTimes(2);
  act(() => tell("everything"));
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(read).toHaveBeenCalledTimes(3);
  vi.useRealTimers();
});

test("a reading that fails keeps what was read before, and says why", async () => {
  const text = await show(<Shown read={() => Promise.reject(new Error("no answer"))} />);
  expect(text()).toContain("no answer");
});
