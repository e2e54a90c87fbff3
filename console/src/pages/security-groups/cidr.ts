/** Blocks of addresses in the form in which EC2 keeps them: what lies behind the prefix is zero. Pure. */

export interface Block {
  kind: "ipv4" | "ipv6";
  text: string;
}

const OCTET = /^(0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;
const PREFIX = /^(0|[1-9]\d{0,2})$/;
const GROUPS = 8; // of 16 bits, in an IPv6 address

/** `10.1.2.3/8` as `10.0.0.0/8`; null where a text is no block. */
export function blockOf(text: string): Block | null {
  const [address = "", prefix = "", ...more] = text.trim().split("/");
  if (more.length > 0 || !PREFIX.test(prefix)) return null;
  const [v4, v6] = [octets(address), groups(address)];
  const length = Number(prefix);
  if (v4 !== null) return length <= 32 ? { kind: "ipv4", text: `${masked(v4, 8, length).join(".")}/${length}` } : null;
  if (v6 !== null) return length <= 128 ? { kind: "ipv6", text: `${shortened(masked(v6, 16, length))}/${length}` } : null;
  return null;
}

/** Whether an address lies in a block, which is in the form in which EC2 keeps it. */
export function isWithin(address: string, block: string): boolean {
  return blockOf(`${address}/${block.split("/")[1]}`)?.text === block;
}

function octets(address: string): number[] | null {
  const parts = address.split(".");
  return parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) < 256) ? parts.map(Number) : null;
}

function groups(address: string): number[] | null {
  const halves = address.split("::").map(groupsOfHalf);
  const [before, after] = halves;
  if (halves.length > 2 || !before || after === null) return null;
  if (after === undefined) return before.length === GROUPS ? before : null;
  const missing = GROUPS - before.length - after.length;
  return missing > 0 ? [...before, ...Array<number>(missing).fill(0), ...after] : null;
}

function groupsOfHalf(half: string): number[] | null {
  if (half === "") return [];
  const parts = half.split(":");
  const v4 = octets(parts.at(-1)!); // ::ffff:10.0.0.1
  const last = v4 && [v4[0]! * 256 + v4[1]!, v4[2]! * 256 + v4[3]!];
  const plain = last ? parts.slice(0, -1) : parts;
  return plain.every((part) => GROUP.test(part)) ? [...plain.map((part) => parseInt(part, 16)), ...(last ?? [])] : null;
}

function masked(parts: readonly number[], bits: number, length: number): number[] {
  return parts.map((part, index) => {
    const kept = Math.min(bits, Math.max(0, length - index * bits));
    return part - (part % 2 ** (bits - kept));
  });
}

/** The longest run of zeros, the first of several, is left out (RFC 5952). */
function shortened(parts: readonly number[]): string {
  let [start, length] = [0, 1];
  parts.forEach((_, from) => {
    const end = parts.findIndex((part, index) => index >= from && part !== 0);
    const run = (end < 0 ? GROUPS : end) - from;
    if (run > length) [start, length] = [from, run];
  });
  const texts = parts.map((part) => part.toString(16));
  if (length === 1) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}
