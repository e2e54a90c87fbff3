/** The choices of EC2's "VPC and more", and the subnets that they come to. Pure. */
import { contains, isSized, ipv4BlockOf, partOf, SMALLEST, textOf } from "./blocks";

/** Where NAT gateways are: in none of the zones, in the first, in each. */
export type Nat = "none" | "one" | "each";

export interface Form {
  /** What all names begin with; empty where nothing gets a name. */
  project: string;
  block: string;
  tenancy: "default" | "dedicated";
  zones: number;
  /** How many there are in each zone. */
  publics: 0 | 1;
  privates: 0 | 1 | 2;
  nat: Nat;
  resolution: boolean;
  hostnames: boolean;
}

export const USUAL: Form = {
  project: "project",
  block: "10.0.0.0/16",
  tenancy: "default",
  zones: 2,
  publics: 1,
  privates: 1,
  nat: "none",
  resolution: true,
  hostnames: true,
};

export interface Part {
  kind: "public" | "private";
  /** From 1 on, of its kind. */
  number: number;
  zone: string;
  /** `public1-us-east-1a`: what its names end with. */
  suffix: string;
  block: string;
}

const FURTHER = 4; // by so many bits is a subnet's prefix longer than its VPC's, as EC2's console proposes

/** The subnets: public ones from the block's beginning, private ones from its middle; null where there is no room for them. */
export function partsOf(form: Form, zones: readonly string[]): Part[] | null {
  const whole = ipv4BlockOf(form.block);
  if (!isSized(whole)) return null;
  const used = zones.slice(0, form.zones);
  const prefix = Math.min(SMALLEST, whole.prefix + FURTHER);
  const [publics, privates] = [form.publics * used.length, form.privates * used.length];
  const all = 2 ** (prefix - whole.prefix);
  const middle = all / 2 >= publics && all / 2 >= privates ? all / 2 : publics;
  const parts = (kind: Part["kind"], count: number, from: number): Part[] =>
    Array.from({ length: count }, (_, index) => {
      const [zone, number] = [used[index % used.length]!, index + 1];
      return { kind, number, zone, suffix: `${kind}${number}-${zone}`, block: textOf(partOf(whole, prefix, from + index)) };
    });
  const found = [...parts("public", publics, 0), ...parts("private", privates, middle)];
  return found.every(({ block }) => contains(whole, ipv4BlockOf(block)!)) ? found : null;
}

/** The public subnets that get a NAT gateway. */
export function natParts({ nat }: Form, parts: readonly Part[]): Part[] {
  const publics = parts.filter(({ kind }) => kind === "public");
  return nat === "none" ? [] : nat === "one" ? publics.slice(0, 1) : publics;
}
