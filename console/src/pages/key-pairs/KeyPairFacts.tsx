/** What is known of one key pair: also its public half, and who was launched with it. */
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { KeyPair } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { label } from "../../resource/resource";
import { Copyable } from "../../shell/Cli";
import { at } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { instancesOf } from "../instances/model";
import { launchedWith } from "./model";

export function KeyPairFacts({ region, item: pair }: { region: string; item: KeyPair }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: instances } = useListing(useMemo(() => instancesOf(region), [region]));
  const users = launchedWith(instances ?? [], pair.KeyName ?? "");
  return (
    <Facts
      facts={[
        ["keyPair.name", pair.KeyName],
        ["keyPair.id", pair.KeyPairId],
        ["keyPair.type", pair.KeyType],
        ["keyPair.createdAt", moment(pair.CreateTime)],
        ["keyPair.fingerprint", pair.KeyFingerprint],
        [
          "keyPair.usedBy",
          users.length === 0 ? text("keyPair.unused") : (
            <SpaceBetween size="xxs">
              {users.map((row) => (
                <Link key={row.id} href={at(region, "instances", row.id)}>
                  {label(row.id, row.name)}
                </Link>
              ))}
            </SpaceBetween>
          ),
        ],
        ["keyPair.public", pair.PublicKey === undefined ? undefined : <Copyable value={pair.PublicKey} />],
      ]}
    />
  );
}
