/** How an instance is reached from this host, and what stands in the way. */
import { quoted } from "../../../api/cli";
import type { Image } from "../../../api/types";
import type { TextKey } from "../../../texts/texts";
import type { Evidence, Forward } from "../evidence";
import type { Row } from "../model";

export const SSH_PORT = 22;

/** Something that stands in the way: `blocks` where SSH cannot work before it is gone. */
export interface Obstacle {
  key: TextKey;
  values?: Record<string, string>;
  blocks: boolean;
}

const USERS: [RegExp, string][] = [
  [/ubuntu/i, "ubuntu"],
  [/amzn|al20\d\d|amazon/i, "ec2-user"],
  [/fedora/i, "fedora"],
  [/centos/i, "centos"],
];
const USUAL_USER = "admin"; // Debian has it, and so does `kumoniwa ssh`

/** Whom to log in as, as far as the name of the image tells: EC2's console guesses likewise. */
export function userOf(image: Image | null | undefined): string {
  const named = `${image?.Name ?? ""} ${image?.Description ?? ""}`;
  return USERS.find(([pattern]) => pattern.test(named))?.[1] ?? USUAL_USER;
}

/** The forward of this host that leads to the instance's port 22, one that is open rather than one that is not. */
export function sshForward(forwards: readonly Forward[]): Forward | undefined {
  const there = forwards.filter((one) => one.protocol === "tcp" && one.guest_port === SSH_PORT);
  return there.find((one) => one.refused === null) ?? there[0];
}

/** The command of OpenSSH; the key's file is called as EC2's console calls it. */
export function sshCommand(forward: Forward, user: string, key: string | undefined): string {
  const port = forward.port === SSH_PORT ? [] : ["-p", String(forward.port)];
  const identity = key === undefined ? [] : ["-i", quoted(`${key}.pem`)];
  return ["ssh", ...identity, ...port, quoted(`${user}@${forward.host}`)].join(" ");
}

/** The command of this cloud, which knows the port and waits until SSH answers. */
export function ownCommand(id: string, user: string, key: string | undefined): string {
  const identity = key === undefined ? [] : ["-i", quoted(`${key}.pem`)];
  const named = user === USUAL_USER ? [] : ["--user", quoted(user)];
  return ["kumoniwa ssh", id, ...identity, ...named].join(" ");
}

/** What stands in the way of SSH, the worst first. */
export function obstaclesOf(row: Row, known: Evidence, driver: string): Obstacle[] {
  if (row.state !== "running") return [{ key: "connect.notRunning", values: { state: row.state }, blocks: true }];
  const forward = sshForward(known.forwards);
  const check = row.status?.InstanceStatus?.Status;
  return [
    ...(driver === "simulated" ? [{ key: "connect.simulated" as const, blocks: true }] : []),
    ...(forward === undefined && !row.instance.PublicIpAddress ? [{ key: "connect.noAddress" as const, blocks: true }] : []),
    ...(forward === undefined && row.instance.PublicIpAddress ? [{ key: "connect.noRule" as const, blocks: true }] : []),
    ...(forward?.refused ? [{ key: "connect.portRefused" as const, values: { reason: forward.refused }, blocks: true }] : []),
    ...(row.instance.KeyName === undefined ? [{ key: "connect.noKey" as const, blocks: false }] : []),
    ...(check === "initializing" ? [{ key: "connect.initializing" as const, blocks: false }] : []),
    ...(check === "impaired" ? [{ key: "connect.impaired" as const, blocks: false }] : []),
  ];
}
