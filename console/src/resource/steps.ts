/** Several calls that are made one after the other. */
import { call } from "../api/call";
import { asCli } from "../api/cli";
import type { Action, Asked } from "../api/types";

/** One call of a plan. */
export interface Step {
  action: Action;
  parameters: object;
  run: (region: string) => Promise<unknown>;
}

/** A step that a dialog shows before it is made. */
export interface ShownStep extends Step {
  /** What it does, in words. */
  says: string;
  /** Whether the cloud's word on it now would not be its word then, for a step before it changes that. */
  depends?: boolean;
}

export function step<A extends Action>(action: A, parameters: Asked<A>): Step {
  return { action, parameters: parameters as object, run: (region) => call(region, action, parameters) };
}

/** A step as a command of the AWS CLI. */
export function commandOf({ action, parameters }: Step, region: string): string {
  return asCli(action, parameters, region);
}
