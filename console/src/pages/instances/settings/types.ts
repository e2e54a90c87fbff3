/** The instance types of a region, as pages show them. */
import { call } from "../../../api/call";
import type { Listing } from "../../../api/listing";
import type { InstanceTypeInfo } from "../../../api/types";

/** Every type that this cloud has; the small ones first. */
export function typesOf(region: string): Listing<InstanceTypeInfo[]> {
  return {
    key: `${region}/instance-types`,
    tables: [],
    read: async () => {
      const { InstanceTypes = [] } = await call(region, "DescribeInstanceTypes", {});
      const size = (type: InstanceTypeInfo): number => type.MemoryInfo?.SizeInMiB ?? 0;
      return InstanceTypes.sort((one, other) => family(one).localeCompare(family(other)) || size(one) - size(other));
    },
  };
}

/** `2 vCPU, 1 GiB`. */
export function sizeText(type: InstanceTypeInfo | undefined): string {
  if (type === undefined) return "–";
  return `${type.VCpuInfo?.DefaultVCpus ?? "?"} vCPU, ${gib(type.MemoryInfo?.SizeInMiB ?? 0)} GiB`;
}

export function family(type: InstanceTypeInfo): string {
  return (type.InstanceType ?? "").split(".")[0]!;
}

function gib(mib: number): string {
  return (mib / 1024).toFixed(1).replace(/\.0$/, "");
}
