/** Key pairs as the pages know them, with the public half of each. */
import { base64Of } from "../../api/base64";
import { call } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Instance, KeyPair } from "../../api/types";

/** Every key pair of a region. */
export function keyPairsOf(region: string): Listing<KeyPair[]> {
  return {
    key: `${region}/key-pairs`,
    tables: ["key_pairs", "tags"],
    read: async () => (await call(region, "DescribeKeyPairs", { IncludePublicKey: true })).KeyPairs ?? [],
  };
}

/** A key pair that was just made: its private half is nowhere else. */
export interface NewKeyPair {
  name: string;
  privateKey: string;
  format: KeyFormat;
}

export type KeyType = "rsa" | "ed25519";
export type KeyFormat = "pem" | "ppk";

const ENDED = ["shutting-down", "terminated"];

/** The instances that were launched with a key pair of this name and still exist: they keep its public half. */
export function launchedWith<T extends { instance: Instance; state: string }>(rows: readonly T[], name: string): T[] {
  return rows.filter((row) => row.instance.KeyName === name && !ENDED.includes(row.state));
}

/** A public key as ImportKeyPair takes it: text as it is, anything else (DER) in base64. */
export function publicKeyOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
  } catch {
    return base64Of(bytes);
  }
}
