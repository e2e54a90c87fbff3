/** What EC2 hides of an instance: its boots, the moments of its states, what is done to it now, and its troubles. */
import { evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Boot, Move, Trouble } from "../../api/types";

/** What became of an instance: what its guest did, and what EC2's API said meanwhile. */
export interface History {
  boots: Boot[];
  moves: Move[];
  hibernations: Hibernation[];
}

/** A hibernation, and what became of it. What did not happen is null. */
export interface Hibernation {
  asked_at: string;
  request_id: string | null;
  suspended_at: string | null;
  size_bytes: number | null;
  resumed_at: string | null;
  ended_at: string | null;
  because: string | null;
}

export function historyOf(region: string, id: string): Listing<History> {
  return {
    key: `${region}/instances/${id}/boots`,
    tables: ["boots", "hibernations", "instances"],
    of: id,
    read: () => evidence<History>(region, `instances/${id}/boots`),
  };
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
  forwards: Forward[];
}

export function evidenceOf(region: string, id: string): Listing<Evidence> {
  return {
    key: `${region}/instances/${id}/evidence`,
    tables: ["instances", "boots", "claims", "steps", "security_groups", "security_group_rules", "interface_groups"],
    read: () => evidence<Evidence>(region, `instances/${id}`),
  };
}
