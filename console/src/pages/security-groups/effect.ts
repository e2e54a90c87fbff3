/** What a rule does in each of Kumoniwa's network modes; in `user` as `network/user/openings.py` of the server decides it. Pure. */
import { isWithin } from "./cidr";
import { ANY, hasPorts, LAST_PORT, type Direction, type Grant } from "./grant";

/** `recorded`: it is stored and shown, and does nothing. */
export type Effect = "enforced" | "opens" | "opensPart" | "recorded";

/** The network mode; behind the ports of simulated guests there is nobody. */
export type Network = "vpc" | "user" | "simulated";

const THIS_HOST = "127.0.0.1";
const NARROW = 32; // a rule of at most this many ports is opened whole

export function effectOf(grant: Grant, way: Direction, network: Network): Effect {
  if (network === "vpc") return grant.kind === "ipv6" ? "recorded" : "enforced"; // no guest has an IPv6 address
  if (network === "simulated" || way === "outbound" || grant.kind !== "ipv4" || !isWithin(THIS_HOST, grant.source)) return "recorded";
  if (grant.protocol !== "-1" && !hasPorts(grant.protocol)) return "recorded";
  const [from, to] = grant.from === ANY ? [1, LAST_PORT] : [Math.max(1, grant.from), grant.to];
  if (to < from) return "recorded"; // port 0 alone
  return to - from < NARROW ? "opens" : "opensPart";
}
