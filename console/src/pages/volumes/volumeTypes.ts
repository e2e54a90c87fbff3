/** Volume types, and what EC2 allows of each. A test of the server holds them against its own. */
import type { TextKey } from "../../texts/texts";

type Range = readonly [least: number, most: number];

/** In GiB, operations a second, and MiB a second. */
export interface VolumeTypeLimits {
  size: Range;
  iops?: Range;
  throughput?: Range;
}

export const VOLUME_TYPES = {
  gp3: { size: [1, 65536], iops: [3000, 80000], throughput: [125, 2000] },
  gp2: { size: [1, 16384] },
  io1: { size: [4, 16384], iops: [100, 64000] },
  io2: { size: [4, 65536], iops: [100, 256000] },
  sc1: { size: [125, 16384] },
  st1: { size: [125, 16384] },
  standard: { size: [1, 1024] },
} as const satisfies Record<string, VolumeTypeLimits>;

export type VolumeTypeName = keyof typeof VOLUME_TYPES;

export const TYPE_TEXTS: Record<VolumeTypeName, TextKey> = {
  gp3: "volumeType.gp3",
  gp2: "volumeType.gp2",
  io1: "volumeType.io1",
  io2: "volumeType.io2",
  sc1: "volumeType.sc1",
  st1: "volumeType.st1",
  standard: "volumeType.standard",
};

/** What EC2 allows of a type; nothing is known of a type that is not among them. */
export function limitsOf(type: string): VolumeTypeLimits | undefined {
  return Object.entries(VOLUME_TYPES).find(([name]) => name === type)?.[1];
}
