/** The rules of a network ACL one way, and what it means that they keep no state. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { EntryTable } from "./EntryTable";
import type { AclRow } from "./model";

export function AclEntries({ region, item: row, way }: { region: string; item: AclRow; way: Direction }): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="m">
      <Alert type="info">{text("acl.stateless")}</Alert>
      <EntryTable region={region} row={row} way={way} isEditable />
    </SpaceBetween>
  );
}
