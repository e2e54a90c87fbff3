/** What is known of one call. */
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { useMoment, useText } from "../../texts/texts";
import type { Event } from "./model";

export function EventFacts({ item: event }: { item: Event }): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Facts
      facts={[
        ["event.name", event.name],
        ["event.at", moment(event.at)],
        ["event.user", event.user],
        ["event.source", event.source],
        ["event.resources", event.resources.map(({ ResourceName, ResourceType }) => `${ResourceName} (${ResourceType})`).join(", ")],
        ["event.error", event.error],
        ["event.message", event.message],
        ["event.isRead", text(event.isRead ? "yes" : "no")],
        ["event.accessKey", event.accessKey],
        ["event.address", event.address],
        ["event.request", event.request],
        ["event.id", event.id],
      ]}
    />
  );
}
