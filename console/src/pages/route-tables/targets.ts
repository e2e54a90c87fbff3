/** What routes lead to. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Asked, Route, Tag } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import type { TextKey } from "../../texts/texts";

export type Kind = "local" | "internet" | "egressOnly" | "instance" | "nat" | "interface" | "peering";

export interface Target {
  kind: Kind;
  /** Empty for the local one. */
  id: string;
}

/** In the order of EC2's console. */
export const KINDS: { kind: Kind; text: TextKey; member: keyof Asked<"ReplaceRoute"> }[] = [
  { kind: "egressOnly", text: "target.egressOnly", member: "EgressOnlyInternetGatewayId" },
  { kind: "instance", text: "target.instance", member: "InstanceId" },
  { kind: "internet", text: "target.internet", member: "GatewayId" },
  { kind: "local", text: "target.local", member: "LocalTarget" },
  { kind: "nat", text: "target.nat", member: "NatGatewayId" },
  { kind: "interface", text: "target.interface", member: "NetworkInterfaceId" },
  { kind: "peering", text: "target.peering", member: "VpcPeeringConnectionId" },
];

const LOCAL = "local";

/** What a route leads to now. One to an instance leads to its network interface. */
export function targetOf(route: Route): Target {
  if (route.GatewayId === LOCAL) return { kind: "local", id: "" };
  if (route.GatewayId) return { kind: "internet", id: route.GatewayId };
  if (route.EgressOnlyInternetGatewayId) return { kind: "egressOnly", id: route.EgressOnlyInternetGatewayId };
  if (route.NatGatewayId) return { kind: "nat", id: route.NatGatewayId };
  if (route.VpcPeeringConnectionId) return { kind: "peering", id: route.VpcPeeringConnectionId };
  return { kind: "interface", id: route.NetworkInterfaceId ?? "" };
}

/** A target as a call names it. */
export function named({ kind, id }: Target): Partial<Asked<"ReplaceRoute">> {
  if (kind === "local") return { LocalTarget: true };
  return { [KINDS.find((one) => one.kind === kind)!.member]: id };
}

export function targetText({ kind, id }: Target): string {
  return kind === "local" ? LOCAL : id;
}

/** Something that routes can lead to. */
export interface Choice extends Target {
  label: string;
  description: string;
}

/** What the routes of each VPC of a region may lead to, by the VPC's id. */
export type Choices = ReadonlyMap<string, readonly Choice[]>;

export function choicesOf(region: string): Listing<Choices> {
  return {
    key: `${region}/route-targets`,
    tables: ["egress_only_gateways", "instances", "internet_gateways", "nat_gateways", "network_interfaces", "peerings", "tags"],
    read: async () => {
      const [internet, egressOnly, nat, peerings, interfaces, reservations] = await Promise.all([
        call(region, "DescribeInternetGateways", {}),
        call(region, "DescribeEgressOnlyInternetGateways", {}),
        call(region, "DescribeNatGateways", {}),
        call(region, "DescribeVpcPeeringConnections", {}),
        call(region, "DescribeNetworkInterfaces", {}),
        call(region, "DescribeInstances", {}),
      ]);
      const found = new Map<string, Choice[]>();
      const offer = (vpc: string | undefined, kind: Kind, id: string | undefined, tags: readonly Tag[] | undefined, description = ""): void => {
        if (!vpc || !id) return;
        const ofVpc = found.get(vpc) ?? [];
        ofVpc.push({ kind, id, label: label(id, nameTag(tags)), description });
        found.set(vpc, ofVpc);
      };
      for (const one of internet.InternetGateways ?? []) offer(one.Attachments?.[0]?.VpcId, "internet", one.InternetGatewayId, one.Tags);
      for (const one of egressOnly.EgressOnlyInternetGateways ?? []) {
        offer(one.Attachments?.[0]?.VpcId, "egressOnly", one.EgressOnlyInternetGatewayId, one.Tags);
      }
      for (const one of nat.NatGateways ?? []) {
        if (one.State === "available" || one.State === "pending") offer(one.VpcId, "nat", one.NatGatewayId, one.Tags, one.State);
      }
      for (const one of peerings.VpcPeeringConnections ?? []) {
        const state = one.Status?.Code;
        if (state !== "active" && state !== "pending-acceptance") continue;
        for (const side of [one.RequesterVpcInfo, one.AccepterVpcInfo]) {
          if (side?.Region === region) offer(side.VpcId, "peering", one.VpcPeeringConnectionId, one.Tags, state);
        }
      }
      for (const one of interfaces.NetworkInterfaces ?? []) {
        if (one.InterfaceType === "interface") offer(one.VpcId, "interface", one.NetworkInterfaceId, one.TagSet, one.PrivateIpAddress);
      }
      for (const one of (reservations.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
        if (one.State?.Name !== "terminated") offer(one.VpcId, "instance", one.InstanceId, one.Tags, one.State?.Name);
      }
      return found;
    },
  };
}
