/** What is about to change in a group's rules, in words. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import type { SecurityGroup } from "../../api/types";
import { useText, type TextKey } from "../../texts/texts";
import { countOf, type Changes } from "./changes";
import type { Direction, Grant } from "./grant";
import { ruleText } from "./words";

interface Properties {
  changes: Changes;
  way: Direction;
  groups: ReadonlyMap<string, SecurityGroup>;
}

export function Preview({ changes, way, groups }: Properties): ReactNode {
  const text = useText();
  const said = (grant: Grant): string => ruleText(text, grant, way, groups);
  const line = (id: string, type: StatusIndicatorProps.Type, key: TextKey, values: Record<string, string>): ReactNode => (
    <StatusIndicator key={id} type={type} wrapText>
      {text(key, values)}
    </StatusIndicator>
  );
  return (
    <div>
      <Box variant="h3">{text("preview.title")}</Box>
      {countOf(changes) === 0 && <Box color="text-body-secondary">{text("nothing.changed")}</Box>}
      <SpaceBetween size="xxs">
        {changes.added.map(({ grant }) => line(said(grant), "success", "preview.added", { rule: said(grant) }))}
        {changes.modified.map(({ before, after }) =>
          line(before.id, "info", "preview.modified", { id: before.id, before: said(before.grant), after: said(after.grant) }),
        )}
        {changes.described.map(({ before, description }) =>
          line(before.id, "info", "preview.described", { id: before.id, before: before.description, after: description }),
        )}
        {changes.revoked.map(({ id, grant }) => line(id, "warning", "preview.revoked", { id, rule: said(grant) }))}
      </SpaceBetween>
    </div>
  );
}
