/** The one way to the server: a POST with the session's half B, an answer or a refusal in EC2's words. */
import { halfB, sessionEnded } from "./session";
import type { Action, Answered, Asked } from "./types";

/** A refusal: EC2's code and message, and the request by which the server's log names it. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string,
  ) {
    super(message);
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {}

/** One call that this page made. */
export interface Made {
  number: number;
  at: Date;
  service: string;
  action: string;
  region: string;
  parameters: object;
  outcome: string;
  requestId: string;
  milliseconds: number;
  changes: boolean;
}

const KEPT_CALLS = 200;
let made: readonly Made[] = [];
let count = 0;
const watchers = new Set<() => void>();

/** The calls this page made, the latest first. */
export const callsMade = {
  read: (): readonly Made[] => made,
  watch(watcher: () => void): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};

/** Call an action of EC2 in a region. Throws `Refused` and `Unreachable`. */
export async function call<A extends Action>(region: string, action: A, parameters: Asked<A>): Promise<Answered<A>> {
  return (await callOf("ec2", region, action, parameters as object)) as Answered<A>;
}

/** Call an action of a service of AWS that the cloud has. Throws `Refused` and `Unreachable`. */
export async function callOf(service: string, region: string, action: string, parameters: object): Promise<unknown> {
  const begun = performance.now();
  const at = new Date();
  const note = (outcome: string, requestId: string): void => {
    const milliseconds = Math.round(performance.now() - begun);
    const changes = !/^(Describe|Get|List|Lookup)/.test(action) && (parameters as { DryRun?: boolean }).DryRun !== true;
    const alike = made.filter((one) => one.changes === changes); // what reads again and again displaces no change
    const kept = alike.length < KEPT_CALLS ? made : made.filter((one) => one !== alike.at(-1));
    made = [
      { number: ++count, at, service, action, region, parameters, outcome, requestId, milliseconds, changes },
      ...kept,
    ];
    watchers.forEach((watcher) => watcher());
  };
  try {
    const [answer, requestId] = await post("call", { service, action, region, parameters });
    note("OK", requestId);
    return answer;
  } catch (failure) {
    if (failure instanceof Refused) note(failure.code, failure.requestId);
    throw failure;
  }
}

/** What EC2 knows no dry run of. A test of the server holds them against EC2's model. */
export const WITHOUT_DRY_RUN: readonly Action[] = [
  "AllocateHosts",
  "AssignIpv6Addresses",
  "AssignPrivateIpAddresses",
  "AssociateIamInstanceProfile",
  "AssociateSubnetCidrBlock",
  "AssociateVpcCidrBlock",
  "DisassociateIamInstanceProfile",
  "DisassociateSubnetCidrBlock",
  "DisassociateVpcCidrBlock",
  "ModifyInstancePlacement",
  "ModifySubnetAttribute",
  "ModifyVpcAttribute",
  "ReleaseHosts",
  "ReplaceIamInstanceProfileAssociation",
  "UnassignIpv6Addresses",
  "UnassignPrivateIpAddresses",
];

/** Why a call would be refused; null where it would succeed, or where EC2 cannot be asked. Nothing is done. */
export async function wouldBeRefused<A extends Action>(
  region: string,
  action: A,
  parameters: Asked<A>,
): Promise<Refused | null> {
  if (WITHOUT_DRY_RUN.includes(action)) return null;
  try {
    await call(region, action, { ...(parameters as object), DryRun: true } as Asked<A>);
  } catch (failure) {
    if (failure instanceof Refused) return failure.code === "DryRunOperation" ? null : failure;
    throw failure;
  }
  return null;
}

/** What EC2 hides, of Kumoniwa's own routes: `evidence(region, "instances/i-…/boots")`. */
export async function evidence<T>(region: string, path: string): Promise<T> {
  return (await post("evidence", { region, path }))[0] as T;
}

/** What the page may know of the cloud itself. */
export interface About {
  version: string;
  region: string;
  driver: string;
  account: string;
  /** Whether file systems of running guests are frozen for cuts, where a request does not say otherwise. */
  freeze: boolean;
  /** How guests are connected that start now: `user`, where each is alone. Of simulated ones it says nothing. */
  network: "vpc" | "user";
}

export async function about(signal?: AbortSignal): Promise<About> {
  return (await post("about", {}, signal))[0] as About;
}

/** End this session, on the server and here. */
export async function signOut(): Promise<void> {
  await post("sign-out", {});
  sessionEnded();
}

async function post(name: string, body: object, signal?: AbortSignal): Promise<[unknown, string]> {
  let answer: Response;
  try {
    answer = await fetch(`/console/api/${name}`, {
      method: "POST",
      headers: { "X-Kumoniwa-Session": halfB() ?? "" },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch {
    throw new Unreachable("The server does not answer.");
  }
  const requestId = answer.headers.get("x-amzn-RequestId") ?? "";
  const told: unknown = await answer.json();
  if (answer.ok) return [told, requestId];
  const { code, message } = told as { code: string; message: string };
  if (code === "NotSignedIn") sessionEnded();
  throw new Refused(code, message, requestId);
}
