import { expect, test } from "vitest";
import { rowOf } from "../../testing";
import { textsOf } from "../../texts/texts";
import { hindranceOfName } from "./KeyPairName";
import { launchedWith, publicKeyOf } from "./model";
import { fileNameOf } from "./PrivateKeyOnce";

const launched = (id: string, KeyName: string, state = "running") => rowOf(id, { state, instance: { InstanceId: id, KeyName } });

test("whoever was launched with a key keeps it, until it is terminated", () => {
  const rows = [launched("i-1", "mine"), launched("i-2", "mine", "stopped"), launched("i-3", "mine", "terminated"), launched("i-4", "other")];
  expect(launchedWith(rows, "mine").map(({ id }) => id)).toEqual(["i-1", "i-2"]);
});

test("a public key is taken as text, or in base64 where it is none", () => {
  expect(publicKeyOf(new TextEncoder().encode("ssh-ed25519 AAAA me\n"))).toBe("ssh-ed25519 AAAA me");
  expect(publicKeyOf(new Uint8Array([0x30, 0x82, 0xff]))).toBe("MIL/");
});

test.each([
  ["web", true],
  ["of the wizard", true],
  ["x".repeat(255), true],
  ["x".repeat(256), false],
  ["", false],
  [" web", false],
  ["web ", false],
  ["wéb", false],
])("a key pair named %j is one that EC2 takes: %s", (name, taken) => {
  expect(hindranceOfName(textsOf("en"), name) === null).toBe(taken);
});

test.each([
  ["web", "web.pem"],
  ["my key/../x", "my_key_.._x.pem"],
  ["-rf", "_rf.pem"],
  [".ssh", "_ssh.pem"],
])("the private key of %j is saved as %j", (name, file) => {
  expect(fileNameOf({ name, format: "pem" })).toBe(file);
  expect(fileNameOf({ name, format: "ppk" })).toBe(file.replace(/pem$/, "ppk"));
});
