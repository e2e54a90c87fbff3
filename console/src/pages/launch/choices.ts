/** What can be chosen in the launch wizard: each list stays current while the page is open. */
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Image, InstanceTypeInfo, SecurityGroup, Subnet, Vpc } from "../../api/types";
import type { Text } from "../../texts/texts";
import { OFFERED } from "../instances/settings/types";

/** Every image that the account may launch, the newest first. */
export function launchableImages(region: string): Listing<Image[]> {
  return {
    key: `${region}/launch/images`,
    tables: ["images", "image_devices", "snapshots", "tags"],
    read: async () => {
      const { Images = [] } = await call(region, "DescribeImages", {});
      return Images.toSorted((one, other) => (other.CreationDate ?? "").localeCompare(one.CreationDate ?? ""));
    },
  };
}

export function instanceTypesOf(region: string): Listing<InstanceTypeInfo[]> {
  return {
    key: `${region}/instance-types`,
    tables: [],
    read: async () => inOrder((await call(region, "DescribeInstanceTypes", { Filters: OFFERED })).InstanceTypes ?? []),
  };
}

/** By family, the smallest first. */
export function inOrder(types: readonly InstanceTypeInfo[]): InstanceTypeInfo[] {
  const family = ({ InstanceType }: InstanceTypeInfo): string => InstanceType?.split(".")[0] ?? "";
  const size = ({ MemoryInfo }: InstanceTypeInfo): number => MemoryInfo?.SizeInMiB ?? 0;
  return types.toSorted((one, other) => family(one).localeCompare(family(other)) || size(one) - size(other));
}

/** A size of machines in words: `2 vCPU, 1 GiB memory`. */
export function sizeOfMachine(text: Text, vcpus: number, mebibytes: number): string {
  return text("launch.typeSize", { vcpus, memory: mebibytes / 1024 });
}

/** The names of those that have so many processors and so much memory (MiB), where nothing else is asked for. */
export function typesOfSize(types: readonly InstanceTypeInfo[], vcpus: number, mebibytes: number): string[] {
  return types.filter((type) => isOfSize(type, vcpus, mebibytes)).map(({ InstanceType = "" }) => InstanceType);
}

export function isOfSize({ VCpuInfo, MemoryInfo }: InstanceTypeInfo, vcpus: number, mebibytes: number): boolean {
  return VCpuInfo?.DefaultVCpus === vcpus && MemoryInfo?.SizeInMiB === mebibytes;
}

export interface Networks {
  vpcs: Vpc[];
  subnets: Subnet[];
  groups: SecurityGroup[];
}

/** Where instances can be put, and what can guard them. */
export function networksOf(region: string): Listing<Networks> {
  return {
    key: `${region}/launch/networks`,
    // Of the addresses of interfaces, how many of a subnet are free.
    tables: ["vpcs", "vpc_blocks", "subnets", "security_groups", "network_interfaces", "secondary_addresses", "tags"],
    read: async () => {
      const [vpcs, subnets, groups] = await Promise.all([
        call(region, "DescribeVpcs", {}),
        call(region, "DescribeSubnets", {}),
        call(region, "DescribeSecurityGroups", {}),
      ]);
      return { vpcs: vpcs.Vpcs ?? [], subnets: subnets.Subnets ?? [], groups: groups.SecurityGroups ?? [] };
    },
  };
}

/** Whether a launch there names its subnet: in the default VPC alone the cloud chooses one. */
export function needsSubnet({ vpcs }: Networks, vpcId: string): boolean {
  return vpcs.find(({ VpcId }) => VpcId === vpcId)?.IsDefault !== true;
}

/** The subnet that is offered first: empty where the cloud may choose, or where there is none. */
export function firstSubnet(networks: Networks, vpcId: string): string {
  if (!needsSubnet(networks, vpcId)) return "";
  return networks.subnets.find(({ VpcId }) => VpcId === vpcId)?.SubnetId ?? "";
}

/** Another value whenever an instance has changed: the host may have room now, or none any more. */
export function changesOf(region: string): Listing<number> {
  return { key: `${region}/launch/changes`, tables: ["instances"], read: async () => performance.now() };
}

/** Why an image cannot run on an instance type; null where it can. */
export type Misfit = "launch.misfitArchitecture" | "launch.misfitVirtualization" | "launch.misfitBoot";

export function misfit(type: InstanceTypeInfo, image: Image | undefined): Misfit | null {
  if (image === undefined) return null;
  // Every x86_64 processor also runs the 32-bit systems of old images.
  const architectures = (type.ProcessorInfo?.SupportedArchitectures ?? []).flatMap((one) => (one === "x86_64" ? [one, "i386"] : [one]));
  if (!architectures.some((one) => one === image.Architecture)) return "launch.misfitArchitecture";
  const virtualizations = type.SupportedVirtualizationTypes ?? [];
  if (!virtualizations.some((one) => one === image.VirtualizationType)) return "launch.misfitVirtualization";
  if (image.BootMode === "uefi" && !type.SupportedBootModes?.includes("uefi")) return "launch.misfitBoot";
  return null;
}

const USUAL_TYPES = ["t3.micro", "t2.micro"];

/** The instance type that is offered first for an image: EC2's own usual one, else whatever fits. */
export function firstType(types: readonly InstanceTypeInfo[], image: Image | undefined): string {
  const fitting = types.filter((type) => misfit(type, image) === null).map((type): string => type.InstanceType ?? "");
  return USUAL_TYPES.find((usual) => fitting.includes(usual)) ?? fitting[0] ?? "";
}

/** An image in the groups of EC2's console: what is public, one's own, what others share. */
export function groupOf(image: Image, account: string): "quick" | "own" | "shared" {
  if (image.OwnerId === account) return "own";
  return image.Public ? "quick" : "shared";
}
