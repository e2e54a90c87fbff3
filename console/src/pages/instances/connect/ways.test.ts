import { expect, test } from "vitest";
import { rowOf } from "../../../testing";
import type { Evidence, Forward } from "../evidence";
import { obstaclesOf, ownCommand, sshCommand, sshForward, userOf } from "./ways";

const FORWARD: Forward = { protocol: "tcp", host: "127.3.0.1", port: 1046, guest_port: 22, refused: null };
const known = (...forwards: Forward[]): Evidence => ({ claimed_by: null, overridden: [], troubles: [], network: null, disk_bus: "nvme", forwards });
const reachable = (more = {}) => {
  const status = { InstanceStatus: { Status: "ok" as const } };
  return rowOf("i-1", { instance: { KeyName: "me", PublicIpAddress: "127.3.0.1", ...more }, status });
};

test("the command of ssh names the port of the forward where it is another, and the key's file", () => {
  expect(sshCommand(FORWARD, "admin", "me")).toBe("ssh -i me.pem -p 1046 admin@127.3.0.1");
  expect(sshCommand({ ...FORWARD, port: 22 }, "admin", undefined)).toBe("ssh admin@127.3.0.1");
  expect(sshCommand(FORWARD, "admin", "my key")).toBe("ssh -i 'my key.pem' -p 1046 admin@127.3.0.1");
});

test("the cloud's own command names what is not usual", () => {
  expect(ownCommand("i-1", "admin", "me")).toBe("kumoniwa ssh i-1 -i me.pem");
  expect(ownCommand("i-1", "ubuntu", undefined)).toBe("kumoniwa ssh i-1 --user ubuntu");
});

test("the user is guessed by the image's name", () => {
  expect(userOf({ Name: "ubuntu-jammy-22.04" })).toBe("ubuntu");
  expect(userOf({ Name: "al2023-ami" })).toBe("ec2-user");
  expect([userOf({ Name: "debian-12-amd64" }), userOf(null)]).toEqual(["admin", "admin"]);
});

test("of two forwards to port 22 the open one is taken", () => {
  const refused = { ...FORWARD, port: 22, refused: "Permission denied" };
  expect(sshForward([refused, FORWARD])).toBe(FORWARD);
  expect(sshForward([refused])).toBe(refused);
  expect(sshForward([{ ...FORWARD, guest_port: 80 }])).toBeUndefined();
});

test("nothing is in the way of a reachable instance", () => expect(obstaclesOf(reachable(), known(FORWARD), "qemu")).toEqual([]));

test.each([
  ["connect.notRunning", rowOf("i-1", { state: "stopped" }), known(FORWARD), "qemu"],
  ["connect.simulated", reachable(), known(FORWARD), "simulated"],
  ["connect.noAddress", reachable({ PublicIpAddress: undefined }), known(), "qemu"],
  ["connect.noRule", reachable(), known(), "qemu"],
  ["connect.portRefused", reachable(), known({ ...FORWARD, refused: "in use" }), "qemu"],
  ["connect.noKey", reachable({ KeyName: undefined }), known(FORWARD), "qemu"],
  ["connect.initializing", { ...reachable(), status: { InstanceStatus: { Status: "initializing" as const } } }, known(FORWARD), "qemu"],
  ["connect.impaired", { ...reachable(), status: { InstanceStatus: { Status: "impaired" as const } } }, known(FORWARD), "qemu"],
])("%s is said", (key, row, evidence, driver) => {
  expect(obstaclesOf(row, evidence, driver).map((one) => one.key)).toEqual([key]);
});
