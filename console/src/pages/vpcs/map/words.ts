/** What the nodes of a VPC's map are called, in a line and for whoever hears them. Pure. */
import { label } from "../../../resource/resource";
import { spoken } from "../../../resource/State";
import type { Text } from "../../../texts/texts";
import { targetsOf } from "./mapModel";
import type { Guest, Node, VpcMap } from "./nodes";

/** What is drawn under its name. */
export function noteOf(text: Text, node: Node): string {
  switch (node.kind) {
    case "vpc":
      return node.blocks[0] ?? "";
    case "subnet":
      return [node.block, text(node.isPublic ? "map.public" : "map.private"), free(text, node.free)].filter(Boolean).join(" · ");
    case "table": {
      const counts = text("map.tableNote", { subnets: node.subnets, routes: node.routes });
      return node.isMain ? `${text("map.main")} · ${counts}` : counts;
    }
    case "connection": {
      const what = text(`target.${node.what}`);
      return [node.isBlackhole ? `${what}: blackhole` : what, node.note].filter(Boolean).join(" · ");
    }
  }
}

/** All that the picture says of a node, its lines too. */
export function saidOf(text: Text, map: VpcMap, node: Node): string {
  const leads = targetsOf(map, node.id).map((one) => label(one.id, one.name));
  const said = `${text(`map.kind.${node.kind}`)} ${label(node.id, node.name)}: ${noteOf(text, node)}`;
  return leads.length === 0 || node.kind === "vpc" ? said : `${said}. ${text("map.leadsTo", { what: leads.join(", ") })}`;
}

export function guestSaid(text: Text, { id, name, state, address, publicAddress }: Guest): string {
  return [text("map.guest", { name: label(id, name) }), spoken(state), address, publicAddress].filter(Boolean).join(", ");
}

function free(text: Text, count: number | undefined): string {
  return count === undefined ? "" : text("launch.subnetFree", { count });
}
