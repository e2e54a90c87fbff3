/** The whole record of one call, as CloudTrail writes it. */
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { Event } from "./model";

export function EventRecord({ item: { record } }: { item: Event }): ReactNode {
  const text = useText();
  return (
    <Container header={<Header variant="h2">{text("event.record")}</Header>}>
      <pre className="system-log" tabIndex={0} role="region" aria-label={text("event.record")}>
        {record}
      </pre>
    </Container>
  );
}
