/** Links to what an id names, where the console has a page of its kind. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { label } from "../../resource/resource";
import { at } from "../../shell/place";
import { titleOf } from "../pages";

const PAGES: Record<string, string> = {
  acl: "network-acls",
  ami: "images",
  dopt: "dhcp-options",
  eigw: "egress-only-internet-gateways",
  eipalloc: "elastic-ips",
  eni: "network-interfaces",
  i: "instances",
  igw: "internet-gateways",
  lt: "launch-templates",
  nat: "nat-gateways",
  pcx: "peering-connections",
  pl: "prefix-lists",
  rtb: "route-tables",
  sg: "security-groups",
  subnet: "subnets",
  vpc: "vpcs",
};

/** The address of what an id names; undefined where there is no page for it. */
export function addressOf(region: string, id: string): string | undefined {
  const page = PAGES[id.slice(0, id.lastIndexOf("-"))];
  return page === undefined || titleOf(page) === undefined ? undefined : at(region, page, id);
}

/** `web (vpc-…)` as a link; a dash where there is no id. */
export function IdLink({ region, id, name = "" }: { region: string; id: string | undefined; name?: string }): ReactNode {
  if (id === undefined || id === "") return "–";
  const href = addressOf(region, id);
  const words = label(id, name);
  return href === undefined ? words : <Link href={href}>{words}</Link>;
}
