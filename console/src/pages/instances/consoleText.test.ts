import { expect, test } from "vitest";
import { decoded } from "../../api/base64";
import { consoleText } from "./consoleText";

const shown = (text: string): string => consoleText(new TextEncoder().encode(text));

test.each([
  ["a boot\r\nand its end\r\n", "a boot\nand its end\n"],
  ["\x1b[0;32m  OK  \x1b[0m] Started ssh", "  OK  ] Started ssh"],
  ["\x1b[?25l\x1b[2J\x1b[1;1HGRUB", "GRUB"],
  ["10 %\r20 %\r\ndone", "10 %\n20 %\ndone"],
  ["\x1b]0;a title\x07shown", "shown"],
  ["\x1b]8;;https://example.com\x1b\\a link\x1b]8;;\x1b\\", "a link"],
  ["\x1b]0;never ended\nthe next line", "\nthe next line"],
  ["\x1bP$q\x1b\\x\x1b(By\x1bMz", "xyz"],
  ["a\x07b\x08c\x00d\x7fe\tf", "abcde\tf"],
  ["user\u202egnp.exe", "user\\u202egnp.exe"],
  ["no\u200bwidth", "no\\u200bwidth"],
  [`a${"\u0301".repeat(40)}b`, `a${"\u0301".repeat(16)}b`],
  ["日本語 ü", "日本語 ü"],
  ["half a sequence \x1b[", "half a sequence "],
  ["<b>not markup</b>", "<b>not markup</b>"],
])("%j is shown as %j", (said, text) => expect(shown(said)).toBe(text));

test("bytes that are no UTF-8 are marked, and hide nothing", () => {
  expect(consoleText(Uint8Array.of(0x61, 0xff, 0x9b, 0x62))).toBe("a\ufffd\ufffdb");
});

test("nothing that a guest writes takes long to read", () => {
  for (const begin of ["\x1b", "\x1b[", "\x1b]", "\x1b[1;", "\r", "\x1b[ "]) {
    const text = shown(begin.repeat(65_536 / begin.length));
    expect(text.length).toBeLessThanOrEqual(65_536);
  }
});

test("base64 is bytes", () => expect(decoded("AP8=")).toEqual(Uint8Array.of(0, 255)));
