import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve } from "../testing";
import { live, SILENCE } from "./live";
import { halfB, onEnd } from "./session";

/** The server's end of each connection that the page opened. */
class Socket {
  static opened: Socket[] = [];
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((closed: { code: number; reason: string }) => void) | null = null;
  closed = false;

  constructor() {
    Socket.opened.push(this);
  }

  close(): void {
    this.closed = true; // and whether the other side ever says so is not known
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const ENDED = { code: 1006, reason: "" };
const last = (): Socket => Socket.opened.at(-1)!;
let heard: unknown[][];
let forget: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  Socket.opened = [];
  heard = [];
  serve(() => ({ body: {} }));
  forget = live.hear((...told) => heard.push(told));
  live.start();
  last().say({ listening: true });
});

afterEach(() => {
  live.stop();
  forget();
  vi.useRealTimers();
});

test("tables and ids are told, and beats are not", () => {
  last().say({ changed: { instances: ["i-1"], volumes: null } });
  last().say({ changed: {} });
  expect(heard).toEqual([
    ["everything", undefined],
    [["instances", "volumes"], { instances: ["i-1"], volumes: null }],
  ]);
});

test("a connection on which nothing comes any more is lost, though nothing closed it, and another is opened", async () => {
  for (let beat = 0; beat < 10; beat++) {
    await vi.advanceTimersByTimeAsync(SILENCE - 1000);
    last().say({ changed: {} });
  }
  expect([live.read(), Socket.opened.length]).toEqual(["live", 1]);
  await vi.advanceTimersByTimeAsync(SILENCE);
  expect([live.read(), last().closed]).toEqual(["lost", true]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(Socket.opened).toHaveLength(2);
  last().say({ listening: true });
  expect(live.read()).toBe("live");
  expect(heard.at(-1)).toEqual(["everything", undefined]);
});

test("a server that does not answer is tried again and again, by one connection at a time", async () => {
  last().onclose!(ENDED);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(live.read()).toBe("lost");
  expect(Socket.opened.length).toBeGreaterThan(4);
  expect(Socket.opened.filter((socket) => !socket.closed)).toHaveLength(1);
});

test("a page that slept itself listens again before it takes its connection for dead", async () => {
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(SILENCE);
  expect(live.read()).toBe("live");
  last().say({ changed: {} });
  await vi.advanceTimersByTimeAsync(SILENCE - 1);
  expect(live.read()).toBe("live");
  await vi.advanceTimersByTimeAsync(1);
  expect(live.read()).toBe("lost");
});

test("a page that is looked at again, or has a network again, does not wait for its next try", async () => {
  last().onclose!(ENDED);
  await vi.advanceTimersByTimeAsync(60_000);
  for (const [target, event] of [[document, "visibilitychange"], [window, "online"]] as const) {
    last().onclose!(ENDED);
    const tries = Socket.opened.length;
    target.dispatchEvent(new Event(event));
    expect(Socket.opened).toHaveLength(tries + 1);
  }
});

test("whoever has no session any more is told so, and nothing more is tried", async () => {
  const told: string[] = [];
  onEnd((why) => {
    told.push(why);
    live.stop();
  });
  serve(() => ({ status: 403, body: { code: "NotSignedIn", message: "" } }));
  last().onclose!(ENDED);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([told, halfB(), Socket.opened.length]).toEqual([["ended"], null, 1]);
  onEnd(() => undefined);
});
