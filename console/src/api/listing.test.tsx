import { act, useState, type ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { settle, show } from "../testing";
import { Refused } from "./call";
import { LEAST_INTERVAL, useListing, type Listing } from "./listing";
import { live, type Ids } from "./live";

function Shown({ read }: { read: () => Promise<string> }): string {
  const { value, failure } = useListing({ key: "shown", tables: ["instances"], read });
  return value ?? failure?.message ?? "nothing";
}

/** As the server would tell it. */
function tell(changed: readonly string[] | "everything", ids?: Ids): void {
  (live as unknown as { heard: Set<(changed: unknown, ids?: Ids) => void> }).heard.forEach((heard) => heard(changed, ids));
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

interface Pet {
  id: string;
  name: string;
}

/** Pets as a server has them, what was read of them, and what each rendering was given. */
function kennel(names: Record<string, string>) {
  const all = (): Pet[] => Object.entries(names).map(([id, name]) => ({ id, name }));
  const read = vi.fn(async () => all());
  const some = vi.fn(async (ids: string[]) => all().filter(({ id }) => ids.includes(id)));
  const listing: Listing<Pet[]> = {
    key: `pets-${Math.random()}`,
    tables: ["instances", "tags"],
    read,
    rows: { prefix: "i-", idOf: (pet) => pet.id, read: some },
  };
  const shown: Pet[][] = [];
  function Pets(): string {
    const { value = [] } = useListing(listing);
    shown.push(value);
    return value.map(({ name }) => name).join();
  }
  const next = (): Promise<void> => act(async () => void (await vi.advanceTimersByTimeAsync(LEAST_INTERVAL)));
  return { names, listing, read, some, Pets, shown, next };
}

test("only the rows that changed are read, and the others stay the same values", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { names, read, some, Pets, shown, next } = kennel({ "i-1": "Ann", "i-2": "Ben", "i-3": "Cid" });
  const text = await show(<Pets />);
  const before = shown.at(-1)!;
  Object.assign(names, { "i-2": "Bob", "i-4": "Dot" });
  delete names["i-3"];
  act(() => tell(["instances", "tags"], { instances: ["i-2", "i-3"], tags: ["i-2", "i-4", "vol-1"] }));
  await next();
  expect(some.mock.calls).toEqual([[["i-2", "i-3", "i-4"]]]);
  expect(text()).toContain("Ann,Bob,Dot");
  expect(shown.at(-1)![0]).toBe(before[0]);
  expect(read).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});

test("a change of other resources is not read, and one of another region renders nothing", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { some, read, Pets, shown, next } = kennel({ "i-1": "Ann" });
  await show(<Pets />);
  const rendered = shown.length;
  act(() => tell(["tags"], { tags: ["vol-1"] }));
  await next();
  expect(some).not.toHaveBeenCalled();
  act(() => tell(["instances"], { instances: ["i-elsewhere"] }));
  await next();
  expect(some).toHaveBeenCalledTimes(1);
  expect([read.mock.calls.length, shown.length]).toEqual([1, rendered]);
  vi.useRealTimers();
});

test("what is about one resource is read again when that one changes, or may have", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { listing, read, Pets, next } = kennel({ "i-1": "Ann" });
  Object.assign(listing, { of: "i-1", rows: undefined });
  await show(<Pets />);
  for (const [ids, times] of [[["i-2"], 1], [["i-2", "i-1"], 2], [["i-2"], 2], [null, 3]] as const) {
    act(() => tell(["instances"], { instances: ids }));
    await next();
    expect(read).toHaveBeenCalledTimes(times);
  }
  vi.useRealTimers();
});

test.each([
  ["any row", { instances: null }],
  ["too many rows", { instances: Array.from({ length: 101 }, (_, number) => `i-${number}`) }],
])("the whole is read where %s may have changed", async (_, ids) => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { some, read, Pets, next } = kennel({ "i-1": "Ann" });
  await show(<Pets />);
  act(() => tell(["instances"], ids));
  await next();
  expect([read.mock.calls.length, some.mock.calls.length]).toEqual([2, 0]);
  vi.useRealTimers();
});

test("rows that could not be read are read again with the whole", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { names, some, read, Pets, next } = kennel({ "i-1": "Ann", "i-2": "Ben" });
  const text = await show(<Pets />);
  names["i-1"] = "Amy";
  some.mockRejectedValueOnce(new Refused("InvalidInstanceID.NotFound", "gone meanwhile", "req-1"));
  act(() => tell(["instances"], { instances: ["i-1"] }));
  await next();
  expect([text(), some.mock.calls.length]).toEqual([expect.stringContaining("Ann,Ben"), 1]);
  await next();
  expect([text(), read.mock.calls.length]).toEqual([expect.stringContaining("Amy,Ben"), 2]);
  vi.useRealTimers();
});

test.each([
  [new Error("no answer"), 4],
  [new Refused("UnauthorizedOperation", "no", "req-1"), 2],
])("while there is a connection, %s is tried again unless it would be the same", async (failure, times) => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.spyOn(live, "read").mockReturnValue("live");
  const { read, Pets, next } = kennel({ "i-1": "Ann" });
  await show(<Pets />);
  read.mockRejectedValue(failure);
  act(() => tell(["instances"]));
  for (let second = 0; second < 3; second++) await next();
  expect(read).toHaveBeenCalledTimes(times);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a reading that is never answered does not outlive its connection", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { names, read, Pets, next } = kennel({ "i-1": "Ann" });
  read.mockReturnValueOnce(new Promise(() => undefined));
  const text = await show(<Pets />);
  expect(text()).not.toContain("Ann");
  names["i-1"] = "Amy";
  act(() => tell("everything"));
  await next();
  expect(text()).toContain("Amy");
  vi.useRealTimers();
});

test("a page that comes back within a minute reads only what changed meanwhile", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.spyOn(live, "read").mockReturnValue("live");
  const { names, some, read, Pets, next } = kennel({ "i-1": "Ann", "i-2": "Ben" });
  let visit: (here: boolean) => void = () => undefined;
  function Visited(): ReactNode {
    const [here, setHere] = useState(true);
    visit = (now) => act(() => setHere(now));
    return here && <Pets />;
  }
  const text = await show(<Visited />);
  visit(false);
  names["i-1"] = "Amy";
  act(() => tell(["instances"], { instances: ["i-1"] }));
  await next();
  expect(some).not.toHaveBeenCalled();
  visit(true);
  expect(text()).toContain("Ann,Ben");
  await next();
  expect(text()).toContain("Amy,Ben");
  expect([read.mock.calls.length, some.mock.calls]).toEqual([1, [[["i-1"]]]]);
  visit(false);
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  visit(true);
  await next();
  expect(read).toHaveBeenCalledTimes(2);
  vi.restoreAllMocks();
  vi.useRealTimers();
});
