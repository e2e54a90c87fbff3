import { expect, test } from "vitest";
import { Decoder } from "./decoder";

const MARK = "\u0301";

function decoded(pieces: string[]): string {
  const decoder = new Decoder();
  return pieces.map((piece) => decoder.text(new TextEncoder().encode(piece))).join("");
}

test("a letter keeps its marks, and a few more than any script has", () => {
  const words = `e${MARK} \u1112\u1161\u11ab ไป้ 👩‍👧‍👦 ${"x".repeat(100)}`;
  expect(decoded([words])).toBe(words);
  expect(decoded(["a", ...Array<string>(16).fill(MARK), "b"])).toBe(`a${MARK.repeat(16)}b`);
});

test.each([
  ["at once", [`a${MARK.repeat(10_000)}b`]],
  ["in pieces", [`a${MARK.repeat(10)}`, ...Array<string>(1000).fill(MARK.repeat(3)), "b"]],
  ["of every kind", [`a${"\u0301\u200d\u1161\u{e0101}\u00ad".repeat(1000)}b`]],
  ["with DEL between", [`a${`${MARK}\x7f`.repeat(10_000)}b`]],
])("marks that are heaped %s are left out", (_, pieces) => {
  const text = decoded(pieces);
  expect([text[0], text.at(-1)]).toEqual(["a", "b"]);
  expect(Array.from(text).length).toBe(18);
});

test("a character that comes in two pieces is one", () => {
  const decoder = new Decoder();
  const bytes = new TextEncoder().encode("😀");
  expect(decoder.text(bytes.slice(0, 2)) + decoder.text(bytes.slice(2))).toBe("😀");
});
