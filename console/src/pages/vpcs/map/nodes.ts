/** What the map of a VPC is made of. */
import type { Kind } from "../../route-tables/targets";

/** An instance in its subnet. */
export interface Guest {
  id: string;
  name: string;
  state: string;
  address: string;
  publicAddress: string;
}

/** What every node has. */
export interface Base {
  id: string;
  name: string;
}

export interface SubnetNode extends Base {
  kind: "subnet";
  block: string;
  /** Addresses that are free; undefined where it is not made yet. */
  free: number | undefined;
  zone: string;
  /** Whether it has a route to an internet gateway. */
  isPublic: boolean;
  guests: Guest[];
}

export interface TableNode extends Base {
  kind: "table";
  isMain: boolean;
  subnets: number;
  routes: number;
}

export interface ConnectionNode extends Base {
  kind: "connection";
  what: Kind;
  /** More that tells it from others: where a NAT gateway is, which VPC a peering connection leads to. */
  note: string;
  /** Whether a route that leads to it leads nowhere. */
  isBlackhole: boolean;
}

export interface VpcNode extends Base {
  kind: "vpc";
  blocks: string[];
}

export type Node = VpcNode | SubnetNode | TableNode | ConnectionNode;

export interface Edge {
  from: string;
  to: string;
  /** Whether all routes that it stands for lead nowhere. */
  isBlackhole: boolean;
}

export interface VpcMap {
  vpc: VpcNode;
  subnets: SubnetNode[];
  tables: TableNode[];
  connections: ConnectionNode[];
  edges: Edge[];
}
