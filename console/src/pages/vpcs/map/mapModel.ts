/** What the map of a VPC shows, from what EC2's API says of it: its nodes, and what is connected with what. Pure. */
import type { Instance, Route, RouteTable, Tag } from "../../../api/types";
import { ipv4Blocks } from "../../../resource/addressBlocks";
import { nameTag } from "../../../resource/resource";
import { targetOf, type Kind } from "../../route-tables/targets";
import { mainTableOf, tableOf, type Network } from "../network";
import type { Base, ConnectionNode, Edge, Guest, Node, SubnetNode, VpcMap } from "./nodes";

const { compare } = new Intl.Collator(undefined, { numeric: true });

export function mapOf(network: Network): VpcMap {
  const { vpc, subnets, tables } = network;
  const vpcId = vpc.VpcId ?? "";
  const main = mainTableOf(tables);
  const found = connectionsOf(network);
  const shown = subnets
    .map((one): SubnetNode => {
      const { SubnetId: id = "", CidrBlock: block = "", AvailabilityZone: zone = "", AvailableIpAddressCount: free } = one;
      const isPublic = (tableOf(id, tables).table?.Routes ?? []).some((route) => isActive(route) && isInternet(network, route));
      return { kind: "subnet", id, name: nameTag(one.Tags), block, zone, free, isPublic, guests: guestsOf(network, id) };
    })
    .sort((one, other) => compare(one.zone, other.zone) || compare(one.name, other.name) || compare(one.block, other.block));
  const ofSubnets = shown.flatMap(({ id }) => {
    const to = tableOf(id, tables).table?.RouteTableId;
    return to === undefined ? [] : [{ from: id, to, isBlackhole: false }];
  });
  return {
    vpc: { kind: "vpc", id: vpcId, name: nameTag(vpc.Tags), blocks: blocks(network) },
    subnets: shown,
    tables: tables.map((table) => ({
      kind: "table",
      ...named(table.RouteTableId, table.Tags),
      isMain: table === main,
      subnets: ofSubnets.filter(({ to }) => to === table.RouteTableId).length,
      routes: table.Routes?.length ?? 0,
    })),
    connections: found,
    edges: [...shown.map(({ id }) => ({ from: vpcId, to: id, isBlackhole: false })), ...ofSubnets, ...tables.flatMap(edgesOf)],
  };
}

/** What is on the way through one node: all that leads to it, and all that it leads to. */
export function pathOf({ edges, subnets }: VpcMap, id: string): Set<string> {
  const home = subnets.find(({ guests }) => guests.some((guest) => guest.id === id));
  const start = home?.id ?? id;
  const follow = (from: "from" | "to", to: "from" | "to"): string[] => {
    const reached = [start];
    for (const one of reached) for (const edge of edges) if (edge[from] === one && !reached.includes(edge[to])) reached.push(edge[to]);
    return reached;
  };
  return new Set([id, ...follow("from", "to"), ...follow("to", "from")]);
}

function connectionsOf(network: Network): ConnectionNode[] {
  const routes = network.tables.flatMap(({ Routes }) => Routes ?? []);
  const lost = new Set(routes.filter((route) => !isActive(route)).map(idOf));
  const node = (what: Kind, id: string | undefined, tags: readonly Tag[] | undefined, note = ""): ConnectionNode => {
    const base = named(id, tags);
    return { kind: "connection", what, ...base, note, isBlackhole: lost.has(base.id) };
  };
  const known = [
    ...network.internetGateways.map((one) => node("internet", one.InternetGatewayId, one.Tags)),
    ...network.egressOnlyGateways.map((one) => node("egressOnly", one.EgressOnlyInternetGatewayId, one.Tags)),
    ...network.natGateways.map((one) => node("nat", one.NatGatewayId, one.Tags, subnetName(network, one.SubnetId))),
    ...network.peerings.map((one) => {
      const isRequester = one.RequesterVpcInfo?.VpcId === network.vpc.VpcId;
      const peer = isRequester ? one.AccepterVpcInfo : one.RequesterVpcInfo;
      return node("peering", one.VpcPeeringConnectionId, one.Tags, peer?.VpcId ?? "");
    }),
  ];
  const ids = new Set(known.map(({ id }) => id));
  const others = new Map(routes.map(targetOf).map((target) => [target.id, target.kind]));
  return [
    ...known,
    ...[...others]
      .filter(([id]) => id !== "" && !ids.has(id))
      .map(([id, kind]) => {
        const found = network.interfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === id);
        return node(kind, id, found?.TagSet, found?.Attachment?.InstanceId ?? "");
      }),
  ];
}

function edgesOf(table: RouteTable): Edge[] {
  const from = table.RouteTableId ?? "";
  const routes = (table.Routes ?? []).filter((route) => idOf(route) !== "");
  return [...new Set(routes.map(idOf))].map((to) => ({
    from,
    to,
    isBlackhole: routes.filter((route) => idOf(route) === to).every((route) => !isActive(route)),
  }));
}

/** The instances that have an interface in a subnet. */
function guestsOf({ interfaces, instances }: Network, subnetId: string): Guest[] {
  return interfaces
    .filter((one) => one.SubnetId === subnetId && instances.has(one.Attachment?.InstanceId ?? ""))
    .map(({ Attachment, PrivateIpAddress = "", Association }) => {
      const instance: Instance = instances.get(Attachment!.InstanceId!)!;
      return {
        id: instance.InstanceId ?? "",
        name: nameTag(instance.Tags),
        state: instance.State?.Name ?? "",
        address: PrivateIpAddress,
        publicAddress: Association?.PublicIp ?? "",
      };
    })
    .sort((one, other) => compare(one.name, other.name) || compare(one.address, other.address));
}

/** What a route leads to; empty where it stays in the VPC. */
function idOf(route: Route): string {
  return targetOf(route).id;
}

function isActive({ State }: Route): boolean {
  return State !== "blackhole";
}

function isInternet({ internetGateways }: Network, route: Route): boolean {
  return internetGateways.some(({ InternetGatewayId }) => InternetGatewayId === idOf(route));
}

function subnetName({ subnets }: Network, id: string | undefined): string {
  return nameTag(subnets.find(({ SubnetId }) => SubnetId === id)?.Tags) || (id ?? "");
}

function blocks({ vpc }: Network): string[] {
  const all = ipv4Blocks(vpc);
  return all.length === 0 ? [vpc.CidrBlock ?? ""] : all;
}

function named(id = "", tags: readonly Tag[] | undefined): Base {
  return { id, name: nameTag(tags) };
}

/** What the lines of a node lead to. */
export function targetsOf({ subnets, tables, connections, edges }: VpcMap, id: string): Node[] {
  const nodes: Node[] = [...subnets, ...tables, ...connections];
  return edges.filter(({ from }) => from === id).flatMap(({ to }) => nodes.find((node) => node.id === to) ?? []);
}
