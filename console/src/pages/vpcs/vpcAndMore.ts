/** EC2's "VPC and more": what a few choices come to, as subnets, as calls, and as the network that they make. Pure. */
import type { Asked, ResourceType } from "../../api/types";
import type { Text } from "../../texts/texts";
import { contains, isSized, ipv4BlockOf, partOf, SMALLEST, textOf } from "./blocks";
import { link, type Link, type Made } from "./chain";

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

/** The calls, in the order in which EC2's console makes them. */
export function linksOf(text: Text, form: Form, parts: readonly Part[]): Link[] {
  const name = (kind: string): string => (form.project === "" ? kind : `${form.project}-${kind}`);
  const tagged = (of: ResourceType, kind: string): Pick<Asked<"CreateVpc">, "TagSpecifications"> =>
    form.project === "" ? {} : { TagSpecifications: [{ ResourceType: of, Tags: [{ Key: "Name", Value: name(kind) }] }] };
  const nats = natParts(form, parts);
  const publics = parts.filter(({ kind }) => kind === "public");
  const inVpc = (made: Made): { VpcId: string } => ({ VpcId: made("VPC") });
  const attribute = (member: "EnableDnsHostnames" | "EnableDnsSupport", value: boolean): Link =>
    link(`${member} = ${value}`, "ModifyVpcAttribute", (made) => ({ ...inVpc(made), [member]: { Value: value } }));
  const tableFor = (variable: string, kind: string, used: readonly Part[], route?: { words: string; to: (made: Made) => object }): Link[] => [
    link(name(kind), "CreateRouteTable", (made) => ({ ...inVpc(made), ...tagged("route-table", kind) }), {
      name: variable,
      query: "RouteTable.RouteTableId",
    }),
    ...(route === undefined
      ? []
      : [
          link(route.words, "CreateRoute", (made) => ({
            RouteTableId: made(variable),
            DestinationCidrBlock: "0.0.0.0/0",
            ...route.to(made),
          })),
        ]),
    ...used.map((part) =>
      link(text("chain.join", { one: name(kind), other: name(`subnet-${part.suffix}`) }), "AssociateRouteTable", (made) => ({
        RouteTableId: made(variable),
        SubnetId: made(subnet(part)),
      })),
    ),
  ];
  return [
    link(
      name("vpc"),
      "CreateVpc",
      { CidrBlock: form.block, ...(form.tenancy === "dedicated" && { InstanceTenancy: form.tenancy }), ...tagged("vpc", "vpc") },
      { name: "VPC", query: "Vpc.VpcId" },
    ),
    // Both have a value already: only what differs is set, and names need the resolver.
    ...(form.resolution ? [] : [attribute("EnableDnsSupport", false)]),
    ...(form.hostnames ? [attribute("EnableDnsHostnames", true)] : []),
    ...parts.map((part) =>
      link(
        text("chain.makeSubnet", { name: name(`subnet-${part.suffix}`), block: part.block, zone: part.zone }),
        "CreateSubnet",
        (made) => ({
          ...inVpc(made),
          CidrBlock: part.block,
          AvailabilityZone: part.zone,
          ...tagged("subnet", `subnet-${part.suffix}`),
        }),
        { name: subnet(part), query: "Subnet.SubnetId" },
      ),
    ),
    ...(publics.length === 0
      ? []
      : [
          link(name("igw"), "CreateInternetGateway", () => tagged("internet-gateway", "igw"), {
            name: "IGW",
            query: "InternetGateway.InternetGatewayId",
          }),
          link(text("chain.join", { one: name("igw"), other: name("vpc") }), "AttachInternetGateway", (made) => ({
            ...inVpc(made),
            InternetGatewayId: made("IGW"),
          })),
          ...tableFor("RTB_PUBLIC", "rtb-public", publics, {
            words: text("chain.route", { to: name("igw") }),
            to: (made) => ({ GatewayId: made("IGW") }),
          }),
        ]),
    ...nats.flatMap((part) => [
      link(name(`eip-${part.zone}`), "AllocateAddress", () => ({ Domain: "vpc", ...tagged("elastic-ip", `eip-${part.zone}`) }), {
        name: `EIP_${part.number}`,
        query: "AllocationId",
      }),
      link(
        text("chain.makeIn", { name: name(`nat-${part.suffix}`), where: name(`subnet-${part.suffix}`) }),
        "CreateNatGateway",
        (made) => ({
          SubnetId: made(subnet(part)),
          AllocationId: made(`EIP_${part.number}`),
          ...tagged("natgateway", `nat-${part.suffix}`),
        }),
        { name: `NAT_${part.number}`, query: "NatGateway.NatGatewayId" },
      ),
    ]),
    ...parts
      .filter(({ kind }) => kind === "private")
      .flatMap((part) => {
        const nat = nats.find(({ zone }) => zone === part.zone) ?? nats[0];
        const route = nat && {
          words: text("chain.route", { to: name(`nat-${nat.suffix}`) }),
          to: (made: Made) => ({ NatGatewayId: made(`NAT_${nat.number}`) }),
        };
        return tableFor(`RTB_PRIVATE_${part.number}`, `rtb-${part.suffix}`, [part], route);
      }),
  ];
}

function subnet({ kind, number }: Part): string {
  return `SUBNET_${kind.toUpperCase()}_${number}`;
}
