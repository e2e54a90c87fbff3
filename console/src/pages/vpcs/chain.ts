/** Calls that are made one after the other, of which later ones name what earlier ones made. Pure but for `run`. */
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import type { Action, Asked } from "../../api/types";

/** The id of what an earlier call made, by the name that the chain has for it. */
export type Made = (name: string) => string;

export interface Link {
  /** What the call does, in words. */
  words: string;
  action: Action;
  parameters: (made: Made) => object;
  /** What it makes, and where its answer has the id, as `--query` of the AWS CLI says it: `Vpc.VpcId`. */
  makes?: { name: string; query: string } | undefined;
}

export function link<A extends Action>(
  words: string,
  action: A,
  parameters: Asked<A> | ((made: Made) => Asked<A>),
  makes?: Link["makes"],
): Link {
  const given = typeof parameters === "function" ? (parameters as (made: Made) => Asked<A>) : () => parameters;
  return { words, action, parameters: given as Link["parameters"], makes };
}

/** Make one call. Gives the id of what it made; empty where it makes nothing. Throws what `call` throws. */
export async function run(region: string, { action, parameters, makes }: Link, made: ReadonlyMap<string, string>): Promise<string> {
  const answer = await call(region, action, parameters((name) => made.get(name)!) as never);
  return makes === undefined ? "" : idIn(answer, makes.query);
}

/** The chain as commands of a shell, which keep what is not made yet in variables. */
export function commandsOf(links: readonly Link[], region: string, made: ReadonlyMap<string, string> = new Map()): string[] {
  const names = links.flatMap(({ makes }) => (makes === undefined || made.has(makes.name) ? [] : [makes.name]));
  return links.map(({ action, parameters, makes }) => {
    const command = names.reduce(
      (before, name) => before.replaceAll(new RegExp(`\\b${unmade(name)}\\b`, "g"), `"$${name}"`),
      asCli(action, parameters((name) => made.get(name) ?? unmade(name)), region),
    );
    return makes === undefined ? command : `${makes.name}=$(${command} --query ${makes.query} --output text)`;
  });
}

/** What stands for the id of something that is not made yet, until the whole command is there. */
function unmade(name: string): string {
  return `unmade-${name}`;
}

function idIn(answer: unknown, query: string): string {
  return String(query.split(".").reduce((value, member) => (value as Record<string, unknown>)[member], answer));
}
