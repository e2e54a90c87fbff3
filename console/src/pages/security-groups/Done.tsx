/** What was done before a call of several was refused. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";

/** `actions`: those that succeeded; null where none was refused yet. */
export function Done({ actions }: { actions: readonly string[] | null }): ReactNode {
  const text = useText();
  if (actions === null) return null;
  return (
    <Alert type="info" header={text("partly.title")}>
      {text(actions.length === 0 ? "partly.nothing" : "partly.done", { actions: actions.join(", ") })}
    </Alert>
  );
}
