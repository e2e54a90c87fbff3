/** The picture of a VPC: its subnets by zone with their instances, their route tables, and where these lead. */
import { useMemo, useState, type ReactNode } from "react";
import { useText, type TextKey } from "../../../texts/texts";
import type { Network } from "../network";
import { COLUMNS, HEAD, layoutOf } from "./layout";
import { MapNode, type Pointing } from "./MapNode";
import { mapOf, pathOf } from "./mapModel";
import { fitted } from "./fitted";

interface Properties {
  network: Network;
  title: string;
  /** Where the nodes' pages are; without it there are none yet. */
  region?: string;
  /** What is highlighted while nothing is pointed at: the way of a flow. */
  marked?: ReadonlySet<string>;
  /** Where that way ends, though it should not. */
  stoppedAt?: string | undefined;
}

const HEADS = [
  ["vpc", "map.head.vpc", "map.head.vpcHelp"],
  ["subnets", "map.head.subnets", "map.head.subnetsHelp"],
  ["tables", "map.head.tables", "map.head.tablesHelp"],
  ["connections", "map.head.connections", "map.head.connectionsHelp"],
] as const satisfies readonly (readonly [keyof typeof COLUMNS, TextKey, TextKey])[];

export function MapPicture({ network, title, region, marked, stoppedAt }: Properties): ReactNode {
  const text = useText();
  const [pointedAt, point] = useState<string>();
  const map = useMemo(() => mapOf(network), [network]);
  const layout = useMemo(() => layoutOf(map), [map]);
  const lit = useMemo(() => (pointedAt === undefined ? marked : pathOf(map, pointedAt)), [map, pointedAt, marked]);
  const counts = { vpc: 1, subnets: map.subnets.length, tables: map.tables.length, connections: map.connections.length };
  const pointing: Pointing = {
    classOf: (id) => (id === stoppedAt && pointedAt === undefined ? "stop" : lit === undefined ? "" : lit.has(id) ? "lit" : "dim"),
    over: (id) => ({ onMouseEnter: () => point(id), onMouseLeave: () => point(undefined), onFocus: () => point(id), onBlur: () => point(undefined) }),
  };
  const label = text("map.label", { name: map.vpc.name || map.vpc.id, ...counts });
  return (
    <div className="map" tabIndex={0} role="region" aria-label={title}>
      <svg viewBox={`0 0 ${layout.width} ${layout.height}`} role="group" aria-label={label}>
        {HEADS.map(([column, head, help]) => (
          <g key={column} transform={`translate(${COLUMNS[column].x} 0)`} aria-hidden="true">
            <text className="strong" y={14}>{text(head, { count: counts[column] })}</text>
            <text className="faint" y={31}>{fitted(text(help), COLUMNS[column].width + 40)}</text>
          </g>
        ))}
        {layout.lines.map(({ from, to, path, isBlackhole }) => {
          const state = lit === undefined ? "" : lit.has(from) && lit.has(to) ? "lit" : "dim";
          return <path key={`${from} ${to}`} className={`line ${state} ${isBlackhole ? "blackhole" : ""}`} d={path} />;
        })}
        {layout.zones.map(({ name, y }) => (
          <text key={name} className="zone" x={COLUMNS.subnets.x} y={y}>{name}</text>
        ))}
        {[map.vpc, ...map.subnets, ...map.tables, ...map.connections].map((node) => (
          <MapNode key={node.id} map={map} node={node} box={layout.boxes.get(node.id)!} region={region} pointing={pointing} />
        ))}
        {map.subnets.length === 0 && <text className="faint" x={COLUMNS.subnets.x} y={HEAD + 20}>{text("map.noSubnets")}</text>}
        {map.connections.length === 0 && (
          <text className="faint" x={COLUMNS.connections.x} y={HEAD + 20}>{text("map.noConnections")}</text>
        )}
      </svg>
    </div>
  );
}
