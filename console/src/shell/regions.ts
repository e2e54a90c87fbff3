/** The regions of the cloud. */
import { call } from "../api/call";
import type { Listing } from "../api/listing";
import type { Answered } from "../api/types";

type Region = NonNullable<Answered<"DescribeRegions">["Regions"]>[number];

/** All of them, as any one of them tells. */
export function regionsOf(region: string): Listing<Region[]> {
  return { key: "regions", tables: [], read: async () => (await call(region, "DescribeRegions", {})).Regions ?? [] };
}
