import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { live } from "../api/live";
import { onEnd } from "../api/session";
import { serve } from "../testing";
import { Line, type LineState } from "./line";

class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = FakeSocket.OPEN;
  bufferedAmount = 0;
  binaryType = "";
  sent: Uint8Array[] = [];
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((closed: { code: number; reason: string }) => void) | null = null;

  constructor(
    readonly address: string,
    readonly protocols: string[],
  ) {
    FakeSocket.made.push(this);
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(): void {
    this.readyState = 3;
  }

  hear(data: object | Uint8Array): void {
    this.onmessage?.({ data: "buffer" in data ? data.buffer : JSON.stringify(data) });
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

let became: LineState[];
let said: string[];
let line: Line;
const sockets = FakeSocket.made;
const last = (): FakeSocket => sockets.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  localStorage.setItem("kumoniwa-session", "half-b");
  serve(() => ({ body: {} }));
  sockets.length = 0;
  became = [];
  said = [];
  line = new Line("us-east-1", "i-1", {
    begun: () => said.push("begun"),
    text: (bytes) => said.push(new TextDecoder().decode(bytes)),
    skipped: (bytes) => said.push(`skipped ${bytes}`),
    unread: () => said.push("unread"),
    became: (state) => became.push(state),
  });
  line.start();
});

afterEach(() => {
  line.stop();
  vi.useRealTimers();
});

test("the history comes after a beginning, and what is typed goes in small messages", () => {
  expect(last().address).toMatch(/^ws:\/\/[^/]+\/console\/serial\?region=us-east-1&instance=i-1$/);
  expect(last().protocols).toEqual(["kumoniwa", "half-b"]);
  line.type(new Uint8Array(3)); // nobody is there yet
  last().hear({ listening: true });
  last().hear(new TextEncoder().encode("login: "));
  last().hear({ skipped: 7 });
  last().hear({ unread: true });
  line.type(new Uint8Array(2500));
  expect(last().sent.map((bytes) => bytes.length)).toEqual([1024, 1024, 452]);
  expect([said, became]).toEqual([["begun", "login: ", "skipped 7", "unread"], ["open"]]);
});

test("what a slow line does not take is lost, and said", () => {
  last().hear({ listening: true });
  last().bufferedAmount = 1 << 20;
  line.type(new Uint8Array(10));
  expect(last().sent).toEqual([]);
  expect(said).toEqual(["begun", "unread"]);
});

test.each([
  [1006, "lost"],
  [1012, "lost"],
  [1013, "full"],
])("after an end with code %i it is %s and tried again, later each time", async (code, state) => {
  for (const wait of [500, 1000, 2000, 4000, 5000, 5000]) {
    const count = sockets.length;
    last().end(code);
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(sockets.length).toBe(count);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets.length).toBe(count + 1);
  }
  last().hear({ listening: true });
  last().end(code);
  await vi.advanceTimersByTimeAsync(500);
  expect(sockets.length).toBe(8);
  expect(new Set(became)).toEqual(new Set([state, "open"]));
});

test.each([
  [4404, "missing"],
  [4410, "terminated"],
])("after an end with code %i it is %s for good", async (code, state) => {
  last().end(code, "why");
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sockets.length, became]).toEqual([1, [state]]);
});

test("of a stopped instance it is tried again when an instance changes, and not before", async () => {
  const hear = (live as unknown as { heard: Set<(changed: string[]) => void> }).heard;
  const change = (...tables: string[]): void => hear.forEach((heard) => heard(tables));
  last().end(4409);
  await vi.advanceTimersByTimeAsync(60_000);
  change("volumes");
  expect(sockets.length).toBe(1);
  change("instances");
  expect(sockets.length).toBe(2);
  change("instances"); // it is being tried
  expect(sockets.length).toBe(2);
  last().end(4409);
  change("instances");
  last().hear({ listening: true });
  expect([sockets.length, became]).toEqual([3, ["stopped", "stopped", "open"]]);
});

test("where access is disabled it is tried again when the account's settings change", async () => {
  const hear = (live as unknown as { heard: Set<(changed: string[]) => void> }).heard;
  last().end(4403, "why");
  await vi.advanceTimersByTimeAsync(60_000);
  hear.forEach((heard) => heard(["instances"]));
  expect([sockets.length, became]).toEqual([1, ["disabled"]]);
  hear.forEach((heard) => heard(["account_settings"]));
  expect(sockets.length).toBe(2);
});

test("it is not tried again once the session has ended", async () => {
  const told: string[] = [];
  onEnd((why) => {
    told.push(why);
    line.stop();
  });
  serve(() => ({ status: 403, body: { code: "NotSignedIn", message: "" } }));
  last().end(4401, "the session has ended");
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sockets.length, told]).toEqual([1, ["ended"]]);
});

test("a line that was stopped hears and does no more", async () => {
  const socket = last();
  line.stop();
  socket.hear({ listening: true });
  socket.end(1006);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sockets.length, said, became]).toEqual([1, [], []]);
});

test("a connection that nothing closed is dropped with the one for live updates", () => {
  const updates = live as unknown as { become: (state: string) => void };
  last().hear({ listening: true });
  updates.become("live");
  expect(became).toEqual(["open"]);
  updates.become("lost");
  expect([became, last().readyState]).toEqual([["open", "lost"], 3]);
  updates.become("connecting");
});
