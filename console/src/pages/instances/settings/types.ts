/** The instance types of a region, as pages show them. */
import { call } from "../../../api/call";
import type { Listing } from "../../../api/listing";
import type { InstanceTypeInfo } from "../../../api/types";

/** The types that pages offer: of EC2's 1,400, those without further devices that a person's machine can hold. */
const FAMILIES = ["t2", "t3", "t3a", "m5", "m6i", "m7i", "c5", "c6i", "c7i", "r5", "r6i", "r7i"];
const SIZES = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge"];
export const OFFERED = [
  { Name: "instance-type", Values: ["m1.small", ...FAMILIES.flatMap((name) => SIZES.map((size) => `${name}.${size}`))] },
];

/** Those of them that this cloud has; the small ones first. */
export function typesOf(region: string): Listing<InstanceTypeInfo[]> {
  return {
    key: `${region}/instance-types`,
    tables: [],
    read: async () => {
      const { InstanceTypes = [] } = await call(region, "DescribeInstanceTypes", { Filters: OFFERED });
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
