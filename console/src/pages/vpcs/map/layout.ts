/** Where the nodes of a VPC's map are drawn, and the lines between them. Pure; lengths are in units of the picture. */
import type { ConnectionNode, Edge, SubnetNode, TableNode, VpcMap } from "./nodes";

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line extends Edge {
  path: string;
}

export interface Column {
  x: number;
  width: number;
}

export interface Layout {
  width: number;
  height: number;
  boxes: ReadonlyMap<string, Box>;
  zones: { name: string; y: number }[];
  lines: Line[];
}

export const COLUMNS = {
  vpc: { x: 1, width: 186 },
  subnets: { x: 241, width: 306 },
  tables: { x: 604, width: 212 },
  connections: { x: 871, width: 218 },
} as const satisfies Record<string, Column>;
/** Of what is at the head of the columns. */
export const HEAD = 46;
export const BOX = 50;
export const ROW = 19;
/** So many instances are drawn of a subnet; how many more there are is said. */
export const MOST_GUESTS = 8;
const GAP = 12;
const ZONE = 24;
const WIDTH = 1090;

export function layoutOf(map: VpcMap): Layout {
  const boxes = new Map<string, Box>();
  const zones: Layout["zones"] = [];
  const put = (id: string, { x, width }: Column, y: number, height: number): number => {
    boxes.set(id, { id, x, y, width, height });
    return y + height + GAP;
  };
  put(map.vpc.id, COLUMNS.vpc, HEAD, BOX + ROW * (map.vpc.blocks.length - 1));
  let y = HEAD;
  let zone: string | undefined;
  for (const subnet of map.subnets) {
    if (subnet.zone !== zone) {
      zone = subnet.zone;
      zones.push({ name: zone, y: y + ZONE - 8 });
      y += ZONE;
    }
    y = put(subnet.id, COLUMNS.subnets, y, BOX + rowsOf(subnet) * ROW);
  }
  let below = HEAD;
  for (const { id } of inOrder(map.tables, map.edges, boxes)) below = put(id, COLUMNS.tables, below, BOX);
  let last = HEAD;
  for (const { id } of inOrder(map.connections, map.edges, boxes)) last = put(id, COLUMNS.connections, last, BOX);
  const height = Math.max(...[...boxes.values()].map((box) => box.y + box.height)) + 2;
  return { width: WIDTH, height, boxes, zones, lines: map.edges.flatMap((edge) => lineOf(edge, boxes)) };
}

/** How many lines it has for its instances. */
export function rowsOf({ guests }: SubnetNode): number {
  return guests.length > MOST_GUESTS ? MOST_GUESTS + 1 : guests.length;
}

/** So that few lines cross: by the middle of what leads to them, those that nothing leads to last. */
function inOrder<T extends TableNode | ConnectionNode>(
  nodes: readonly T[],
  edges: readonly Edge[],
  boxes: ReadonlyMap<string, Box>,
): T[] {
  const middle = ({ id }: T): number => {
    const found = edges.filter(({ to }) => to === id).flatMap(({ from }) => boxes.get(from) ?? []);
    return found.length === 0 ? Infinity : found.reduce((sum, box) => sum + box.y + box.height / 2, 0) / found.length;
  };
  const middles = new Map(nodes.map((node) => [node.id, middle(node)]));
  return nodes.toSorted((one, two) => {
    const [first, second] = [middles.get(one.id)!, middles.get(two.id)!];
    return first === second ? 0 : first - second;
  });
}

/** From the right of one box to the left of another, at the height of their headings. */
function lineOf(edge: Edge, boxes: ReadonlyMap<string, Box>): Line[] {
  const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
  if (from === undefined || to === undefined) return [];
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + BOX / 2, to.x, to.y + BOX / 2];
  const bend = (x2 - x1) / 2;
  return [{ ...edge, path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }];
}
