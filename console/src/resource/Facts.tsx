/** What is known of a resource, as labels and values. */
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { ReactNode } from "react";
import { useText, type TextKey } from "../texts/texts";

/** `facts`: what each is called, and what it is; a dash stands for what is not there. */
export function Facts({ title, facts }: { title?: TextKey; facts: readonly (readonly [TextKey, ReactNode])[] }): ReactNode {
  const text = useText();
  return (
    <Container {...(title !== undefined && { header: <Header variant="h2">{text(title)}</Header> })}>
      <KeyValuePairs
        columns={3}
        items={facts.map(([label, value]) => ({ label: text(label), value: value === undefined || value === "" ? "–" : value }))}
      />
    </Container>
  );
}
