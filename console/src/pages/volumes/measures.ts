/** The type, size and performance of a volume while they are edited. */
import { whole } from "../../resource/fields";
import { limitsOf, type VolumeTypeName } from "./volumeTypes";

/** As they are typed. */
export interface Measures {
  type: string;
  size: string;
  iops: string;
  throughput: string;
}

export interface AskedMeasures {
  VolumeType: VolumeTypeName;
  Size: number | undefined;
  Iops?: number | undefined;
  Throughput?: number | undefined;
}

/** What a call takes for them: of performance, only what the type has. */
export function asked(measures: Measures): AskedMeasures {
  const limits = limitsOf(measures.type);
  return {
    VolumeType: measures.type as VolumeTypeName,
    Size: whole(measures.size),
    ...(limits?.iops && { Iops: whole(measures.iops) }),
    ...(limits?.throughput && { Throughput: whole(measures.throughput) }),
  };
}

/** Whether every number that the type has is one. */
export function areWhole(measures: Measures): boolean {
  return Object.values(asked(measures)).every((value) => value !== undefined);
}

const USUAL_IOPS = 3000;
const LEAST_PROVISIONED = 100;
const IO1_PER_GIB = 50;

/** These measures with another type, and the performance that EC2's console proposes for it. */
export function retyped(measures: Measures, type: string): Measures {
  const limits = limitsOf(type);
  const size = whole(measures.size) ?? 0;
  const iops = type === "io1" ? Math.max(LEAST_PROVISIONED, Math.min(USUAL_IOPS, size * IO1_PER_GIB)) : USUAL_IOPS;
  return {
    type,
    size: measures.size,
    iops: limits?.iops ? String(iops) : "",
    throughput: limits?.throughput ? String(limits.throughput[0]) : "",
  };
}
