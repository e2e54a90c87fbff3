/** DHCP option sets as the pages know them: with the VPCs that have them. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Asked, DhcpOptions, Vpc } from "../../api/types";
import { nameTag } from "../../resource/resource";

export interface OptionsRow {
  id: string;
  name: string;
  options: DhcpOptions;
  /** Those that have them. */
  vpcs: Vpc[];
}

/** Every DHCP option set of a region. */
export function optionsOf(region: string): Listing<OptionsRow[]> {
  return {
    key: `${region}/dhcp-options`,
    tables: ["dhcp_options", "tags", "vpcs"],
    read: async () => {
      const [found, vpcs] = await Promise.all([call(region, "DescribeDhcpOptions", {}), call(region, "DescribeVpcs", {})]);
      return (found.DhcpOptions ?? []).map((options) => ({
        id: options.DhcpOptionsId ?? "",
        name: nameTag(options.Tags),
        options,
        vpcs: (vpcs.Vpcs ?? []).filter(({ DhcpOptionsId }) => DhcpOptionsId === options.DhcpOptionsId),
      }));
    },
  };
}

/** The values of one option; empty where it is not there. */
export function valuesOf({ DhcpConfigurations }: DhcpOptions, key: string): string {
  const found = DhcpConfigurations?.find((one) => one.Key === key);
  return (found?.Values ?? []).map(({ Value = "" }) => Value).join(", ");
}

/** All of them in a line, as EC2's console writes them. */
export function optionsText(options: DhcpOptions): string {
  return (options.DhcpConfigurations ?? []).map(({ Key = "" }) => `${Key} = ${valuesOf(options, Key)}`).join("; ");
}

/** What is typed of each option; empty where it is not wanted. Servers have commas between them. */
export type TypedOptions = Record<(typeof KEYS)[number], string>;

/** In the order of EC2's form. */
export const KEYS = [
  "domain-name",
  "domain-name-servers",
  "ipv6-address-preferred-lease-time",
  "ntp-servers",
  "netbios-name-servers",
  "netbios-node-type",
] as const;

export const NOTHING: TypedOptions = Object.fromEntries(KEYS.map((key) => [key, ""])) as TypedOptions;

/** What CreateDhcpOptions takes. */
export function configurationsOf(typed: TypedOptions): Asked<"CreateDhcpOptions">["DhcpConfigurations"] {
  return KEYS.filter((key) => typed[key].trim() !== "").map((Key) => ({ Key, Values: valuesIn(Key, typed[Key]) }));
}

function valuesIn(key: (typeof KEYS)[number], typed: string): string[] {
  // A domain name is one value: several, which some guests take, have spaces between them.
  if (key === "domain-name") return [typed.trim()];
  return typed
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}
