/** Plans of several calls. */
import { call } from "../api/call";
import { asCli } from "../api/cli";
import type { Action, Asked } from "../api/types";

/** One call of a plan. */
export interface Step {
  action: Action;
  parameters: object;
  run: (region: string) => Promise<unknown>;
}

export function step<A extends Action>(action: A, parameters: Asked<A>): Step {
  return { action, parameters: parameters as object, run: (region) => call(region, action, parameters) };
}

/** A step as a command of the AWS CLI. */
export function commandOf({ action, parameters }: Step, region: string): string {
  return asCli(action, parameters, region);
}
