/** The console's pages: a line makes a kind of resource known to the navigation, to addresses and to the breadcrumbs. */
import { lazy, type ComponentType } from "react";
import type { Resource } from "../resource/resource";
import type { Place } from "../shell/place";
import type { TextKey } from "../texts/texts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each page knows what its own resources are
export type AnyResource = Resource<any>;

interface Page {
  page: string;
  title: TextKey;
  load: () => Promise<{ default: AnyResource }>;
}

/** In the order of the navigation. */
export const SECTIONS: { title: TextKey; pages: Page[] }[] = [
  {
    title: "section.instances",
    pages: [
      { page: "instances", title: "instances", load: () => import("./instances/instances") },
      { page: "launch-templates", title: "launchTemplates", load: () => import("./launch-templates/launchTemplates") },
    ],
  },
  {
    title: "section.images",
    pages: [{ page: "images", title: "images", load: () => import("./images/images") }],
  },
  {
    title: "section.blockStore",
    pages: [
      { page: "volumes", title: "volumes", load: () => import("./volumes/volumes") },
      { page: "snapshots", title: "snapshots", load: () => import("./snapshots/snapshots") },
    ],
  },
  {
    title: "section.network",
    pages: [
      { page: "security-groups", title: "securityGroups", load: () => import("./security-groups/securityGroups") },
      { page: "elastic-ips", title: "elasticIps", load: () => import("./elastic-ips/elasticIps") },
      { page: "key-pairs", title: "keyPairs", load: () => import("./key-pairs/keyPairs") },
      { page: "network-interfaces", title: "networkInterfaces", load: () => import("./network-interfaces/networkInterfaces") },
    ],
  },
  {
    title: "section.vpc",
    pages: [
      { page: "vpcs", title: "vpcs", load: () => import("./vpcs/vpcs") },
      { page: "subnets", title: "subnets", load: () => import("./subnets/subnets") },
      { page: "route-tables", title: "routeTables", load: () => import("./route-tables/routeTables") },
      { page: "internet-gateways", title: "internetGateways", load: () => import("./internet-gateways/internetGateways") },
      {
        page: "egress-only-internet-gateways",
        title: "egressOnlyGateways",
        load: () => import("./egress-only-internet-gateways/egressOnlyGateways"),
      },
      { page: "dhcp-options", title: "dhcpOptions", load: () => import("./dhcp-options/dhcpOptions") },
      { page: "prefix-lists", title: "prefixLists", load: () => import("./prefix-lists/prefixLists") },
      { page: "nat-gateways", title: "natGateways", load: () => import("./nat-gateways/natGateways") },
      { page: "peering-connections", title: "peerings", load: () => import("./peering-connections/peeringConnections") },
      { page: "network-acls", title: "networkAcls", load: () => import("./network-acls/networkAcls") },
    ],
  },
  {
    title: "section.trail",
    pages: [{ page: "event-history", title: "eventHistory", load: () => import("./event-history/eventHistory") }],
  },
];

/** Pages of what is the account's, and of no region: the menu of the account leads to them. */
export const ACCOUNT_PAGES: Page[] = [
  { page: "access-keys", title: "accessKeys", load: () => import("./access-keys/accessKeys") },
];

/** A page that is not of one kind of resource. It is reached from another page, `of`, and belongs to it. */
interface View {
  page: string;
  title: TextKey;
  of: string;
  view: ComponentType<{ place: Place; account: string }>;
}

const VIEWS = new Map(
  [{ page: "launch", title: "launch.title", of: "instances", view: lazy(() => import("./launch/LaunchPage")) } satisfies View].map(
    (one): [string, View] => [one.page, one],
  ),
);

const PAGES = new Map([...SECTIONS.flatMap(({ pages }) => pages), ...ACCOUNT_PAGES].map((one) => [one.page, one]));
const loading = new Map<string, Promise<{ default: AnyResource }>>();

/** What a page is called; undefined where there is no such page. */
export function titleOf(page: string): TextKey | undefined {
  return (PAGES.get(page) ?? VIEWS.get(page))?.title;
}

/** A page that is not of one kind of resource; undefined where it is, or is no page. */
export function viewOf(page: string): View | undefined {
  return VIEWS.get(page);
}

/** The resource of a page, which is fetched once; undefined where there is no such page. */
export function resourceOf(page: string): Promise<{ default: AnyResource }> | undefined {
  const known = loading.get(page) ?? PAGES.get(page)?.load();
  if (known !== undefined) loading.set(page, known);
  return known;
}
