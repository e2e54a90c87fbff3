/** What EC2 hides of an instance: its boots, the moments of its states, what is done to it now, and its troubles. */
import { evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Boot, Hibernation, Move, Trouble } from "../../api/types";

/** What became of an instance: what its guest did, and what EC2's API said meanwhile. */
export interface History {
  boots: Boot[];
  moves: Move[];
  hibernations: Hibernation[];
}

export function historyOf(region: string, id: string): Listing<History> {
  return {
    key: `${region}/instances/${id}/boots`,
    tables: ["boots", "hibernations", "instances"],
    of: id,
    read: () => evidence<History>(region, `instances/${id}/boots`),
  };
}

/** The hibernation that a guest is in now: its memory is kept. */
export function keptOf(hibernations: readonly Hibernation[]): Hibernation | undefined {
  return hibernations.find((one) => one.suspended_at !== null && one.resumed_at === null && one.ended_at === null);
}

/** A workflow whose claim a termination took. */
export interface Overridden {
  workflow: string;
  action: string | null;
  request: string | null;
  step: string | null;
  at: string | null;
  by: { action: string | null; request: string | null } | null;
  ended: boolean;
}

export interface Forward {
  protocol: string;
  host: string;
  port: number;
  guest_port: number;
  refused: string | null;
}

/** The workflow that has an instance now, and the call that began it. */
export interface Claim {
  workflow: string;
  kind: string;
  action: string | null;
  request: string | null;
  principal: string | null;
  principal_arn: string | null;
  at: string;
  /** What it does now. */
  step: string | null;
  step_since: string | null;
}

/** What EC2 hides of an instance now. */
export interface Evidence {
  claimed_by: Claim | null;
  overridden: Overridden[];
  troubles: Trouble[];
  /** How its guest is connected; null where it has none. */
  network: "vpc" | "user" | null;
  /** How its guest sees its disks. */
  disk_bus: "nvme" | "virtio";
  forwards: Forward[];
}

export function evidenceOf(region: string, id: string): Listing<Evidence> {
  return {
    key: `${region}/instances/${id}/evidence`,
    tables: ["instances", "boots", "claims", "steps", "security_groups", "security_group_rules", "interface_groups"],
    read: () => evidence<Evidence>(region, `instances/${id}`),
  };
}
