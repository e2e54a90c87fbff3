/** What is known of one access key; its secret is not. */
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import type { AccessKey } from "./model";

export function AccessKeyFacts({ item: key }: { item: AccessKey }): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Facts
      facts={[
        ["accessKey.id", key.id],
        ["accessKey.user", key.user ?? text("accessKey.own")],
        ["accessKey.status", <State key="status" state={key.status.toLowerCase()} />],
        ["accessKey.createdAt", moment(key.createdAt)],
        ["accessKey.arn", key.arn],
      ]}
    />
  );
}
