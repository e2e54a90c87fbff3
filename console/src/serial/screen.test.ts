import { Terminal } from "@xterm/xterm";
import { expect, test } from "vitest";
import { keepQuick, keepQuiet, Screen } from "./screen";

/** What a terminal types by itself, and the titles it sets, when a guest says this. */
async function provoked(said: string, quiet: boolean): Promise<string[]> {
  const terminal = new Terminal({ allowProposedApi: false });
  const done: string[] = [];
  if (quiet) keepQuiet(terminal);
  terminal.onData((text) => done.push(text));
  terminal.onTitleChange((title) => done.push(title));
  await new Promise<void>((drawn) => terminal.write(`${said}.`, drawn));
  terminal.dispose();
  return done;
}

const ESC = "\x1b";
const QUESTIONS: [string, string][] = [
  ["what it is", `${ESC}[c`],
  ["what it is, again", `${ESC}[>c`],
  ["whether it is well", `${ESC}[5n`],
  ["where its cursor is", `${ESC}[6n`],
  ["where its cursor is, on which page", `${ESC}[?6n`],
  ["how a mode is set", `${ESC}[4$p`],
  ["how one of its own modes is set", `${ESC}[?7$p`],
  ["how a setting stands", `${ESC}P$qm${ESC}\\`],
  ["to have a title", `${ESC}]2;a title\x07`],
];

test.each(QUESTIONS)("a guest that asks %s gets no answer", async (_, said) => {
  expect(await provoked(said, false)).not.toEqual([]); // else the next line says nothing
  expect(await provoked(said, true)).toEqual([]);
});

test.each([
  ["how large the window is", `${ESC}[18t`],
  ["for a colour", `${ESC}]10;?\x07${ESC}]4;1;?\x07`],
  ["for the clipboard", `${ESC}]52;c;?\x07`],
  ["what version it is", `${ESC}[>q`],
  ["what it can do", `${ESC}P+q544e${ESC}\\`],
])("nor one that asks %s", async (_, said) => expect(await provoked(said, true)).toEqual([]));

test("a link of a guest's is text", async () => {
  const terminal = new Terminal();
  keepQuiet(terminal);
  await new Promise<void>((drawn) => terminal.write(`${ESC}]8;;https://example.com${ESC}\\go${ESC}]8;;${ESC}\\`, drawn));
  const cells = terminal.buffer.active.getLine(0)!;
  expect(cells.translateToString(true)).toBe("go");
  const { extended } = cells.getCell(0) as unknown as { extended: { urlId: number } };
  expect(extended.urlId).toBe(0);
  terminal.dispose();
});

const LONGEST = 1000; // ms; without a bound each of these takes from seconds to an hour

test.each(["L", "M", "S", "T", "I", "Z", "b"])("a guest that asks for CSI %s without end holds nothing up", async (final) => {
  const terminal = new Terminal();
  keepQuick(terminal);
  const begun = performance.now();
  await new Promise<void>((drawn) => terminal.write(`A${ESC}[300000000${final}`, drawn));
  expect(performance.now() - begun).toBeLessThan(LONGEST);
  terminal.dispose();
});

test("the page gets its turns while the worst that a guest can say is drawn", async () => {
  const screen = new Screen(
    () => undefined,
    () => "",
  );
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 0);
  screen.write(new TextEncoder().encode(`${ESC}c`.repeat(32_768)));
  await new Promise<void>((drawn) => screen.terminal.write("", drawn));
  clearInterval(turning);
  expect(turns).toBeGreaterThan(3);
  screen.terminal.dispose();
});

test("a letter that is heaped with marks is drawn with a few of them", async () => {
  const screen = new Screen(
    () => undefined,
    () => "",
  );
  screen.write(new TextEncoder().encode(`A${"\u0301".repeat(30_000)}`));
  await new Promise<void>((drawn) => screen.terminal.write("", drawn));
  expect(screen.terminal.buffer.active.getLine(0)!.getCell(0)!.getChars().length).toBe(17);
  screen.terminal.dispose();
});

test("what a screen is worth is done", async () => {
  const terminal = new Terminal({ allowProposedApi: false });
  keepQuick(terminal);
  await new Promise<void>((drawn) => terminal.write(`one\r\ntwo${ESC}[1S${ESC}[H=${ESC}[4b`, drawn));
  const { active } = terminal.buffer;
  expect([0, 1].map((row) => active.getLine(row)!.translateToString(true))).toEqual(["=====", ""]);
  terminal.dispose();
});

test("what cannot be drawn in time is skipped, and its length shown", async () => {
  const screen = new Screen(
    () => undefined,
    (bytes) => `[${bytes} bytes]`,
  );
  const piece = new Uint8Array(65_536).fill(0x78);
  for (let count = 0; count < 20; count += 1) screen.write(piece);
  await new Promise<void>((drawn) => screen.terminal.write("", drawn));
  screen.write(new TextEncoder().encode("the end"));
  await new Promise<void>((drawn) => screen.terminal.write("", drawn));
  const { active } = screen.terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)!.translateToString(true));
  expect(lines).toContain(`[${4 * 65_536} bytes]`);
  expect(lines).toContain("the end");
  screen.terminal.dispose();
});

test("what is typed is UTF-8", () => {
  const typed: Uint8Array[] = [];
  const screen = new Screen(
    (bytes) => typed.push(bytes),
    () => "",
  );
  screen.terminal.input("ü\r");
  expect(typed.map((bytes) => [...bytes])).toEqual([[0xc3, 0xbc, 0x0d]]);
  screen.terminal.dispose();
});
