import { expect, test } from "vitest";
import { contains, freePart, ipv4BlockOf, isSized, overlap, partOf, sizeOf, textOf } from "./blocks";

const block = (text: string) => ipv4BlockOf(text)!;

test.each(["10.0.0.0/16", "255.255.255.240/28", "172.31.16.0/20"])("%s is read and written", (text) => {
  expect(textOf(block(text))).toBe(text);
});

test("what lies behind the prefix is zero, and what is no IPv4 block is none", () => {
  expect(textOf(block("10.0.3.7/16"))).toBe("10.0.0.0/16");
  expect(["moss", "10.0.0.0", "fd00::/8", "10.0.0.256/24"].map(ipv4BlockOf)).toEqual([null, null, null, null]);
});

test("blocks contain and overlap each other", () => {
  expect(contains(block("10.0.0.0/16"), block("10.0.255.0/24"))).toBe(true);
  expect(contains(block("10.0.255.0/24"), block("10.0.0.0/16"))).toBe(false);
  expect(overlap(block("10.0.255.0/24"), block("10.0.0.0/16"))).toBe(true);
  expect(overlap(block("10.0.0.0/24"), block("10.0.1.0/24"))).toBe(false);
});

test("a block is parted", () => {
  expect(textOf(partOf(block("10.0.0.0/16"), 20, 15))).toBe("10.0.240.0/20");
  expect(textOf(freePart([block("10.0.0.0/23")], 24, [block("10.0.0.16/28")])!)).toBe("10.0.1.0/24");
  expect(freePart([block("10.0.0.0/24")], 24, [block("10.0.0.0/24")])).toBeNull();
  expect(sizeOf(block("10.0.0.0/28"))).toBe(16);
});

test("no part is larger than its block", () => {
  const wholes = [block("10.0.0.0/16"), block("10.1.5.0/24")];
  expect(textOf(freePart(wholes, 20, [block("10.0.0.0/16")])!)).toBe("10.1.5.0/24");
  expect(freePart(wholes, 20, [block("10.0.0.0/16"), block("10.1.5.128/28")])).toBeNull();
});

test.each([["10.0.0.0/15", false], ["10.0.0.0/16", true], ["10.0.0.0/28", true], ["10.0.0.0/29", false]])("%s fits: %s", (text, fits) => {
  expect(isSized(ipv4BlockOf(text))).toBe(fits);
});
