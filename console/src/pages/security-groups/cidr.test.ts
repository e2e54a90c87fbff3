import { expect, test } from "vitest";
import { blockOf, isWithin } from "./cidr";

test.each([
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["10.1.2.3/32", "10.1.2.3/32"],
  [" 0.0.0.0/0 ", "0.0.0.0/0"],
  ["192.168.255.255/20", "192.168.240.0/20"],
])("%s is kept as %s", (given, kept) => expect(blockOf(given)).toEqual({ kind: "ipv4", text: kept }));

test.each([
  ["::/0", "::/0"],
  ["2001:DB8:0:0:1:0:0:1/64", "2001:db8::/64"],
  ["2001:db8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128"],
  ["2001:db8:0:1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128"],
  ["fe80::ffff/121", "fe80::ff80/121"],
  ["::ffff:10.0.0.1/128", "::ffff:a00:1/128"],
  ["1:2:3:4:5:6:7::/128", "1:2:3:4:5:6:7:0/128"],
])("%s is kept as %s", (given, kept) => expect(blockOf(given)).toEqual({ kind: "ipv6", text: kept }));

test.each(["", "10.0.0.0", "10.0.0/8", "10.0.0.256/8", "010.0.0.0/8", "10.0.0.0/33", "10.0.0.0/8/8", "10.0.0.0/ 8"])(
  "%j is no block",
  (given) => expect(blockOf(given)).toBeNull(),
);

test.each(["::/129", ":::/0", "1::2::3/64", "1:2:3:4:5:6:7:8:9/64", "12345::/64", "1:2:3:4:5:6:7/64", "1:2:3:4:5:6:7:8::/64", "g::/8"])(
  "%j is no block",
  (given) => expect(blockOf(given)).toBeNull(),
);

test("this host lies in blocks that contain its loopback address", () => {
  const blocks = ["0.0.0.0/0", "127.0.0.0/8", "127.0.0.1/32", "10.0.0.0/8", "127.0.0.2/32"];
  expect(blocks.map((block) => isWithin("127.0.0.1", block))).toEqual([true, true, true, false, false]);
});
