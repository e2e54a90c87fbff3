/** The rules of a network ACL one way, in the order in which they are asked, with those that never decide. */
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useState, type ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { portRange } from "../security-groups/ruleTypes";
import { EditEntries } from "./EditEntries";
import { decidedBy, isLast } from "./entries";
import type { AclRow } from "./model";
import { actionText, numberText, protocolText, typeText } from "./words";

interface Properties {
  region: string;
  row: AclRow;
  way: Direction;
  /** Whether they can be edited from here. */
  isEditable: boolean;
}

export function EntryTable({ region, row, way, isEditable }: Properties): ReactNode {
  const text = useText();
  const [isEdited, setEdited] = useState(false);
  const entries = row.entries[way];
  const title = text(way === "inbound" ? "rules.inbound" : "rules.outbound");
  return (
    <>
      <Table
        variant="container"
        header={
          <Header
            variant="h2"
            counter={`(${entries.length})`}
            actions={
              isEditable && (
                <Button onClick={() => setEdited(true)}>{text(way === "inbound" ? "action.editInbound" : "action.editOutbound")}</Button>
              )
            }
          >
            {title}
          </Header>
        }
        items={entries}
        trackBy={({ number }) => String(number)}
        wrapLines
        ariaLabels={{ tableLabel: title }}
        columnDefinitions={[
          { id: "number", header: text("acl.number"), cell: numberText, isRowHeader: true, minWidth: 110 },
          { id: "type", header: text("rule.type"), cell: (entry) => typeText(text, entry), minWidth: 120 },
          { id: "protocol", header: text("rule.protocol"), cell: (entry) => protocolText(text, entry), minWidth: 110 },
          { id: "ports", header: text("rule.ports"), cell: ({ grant }) => portRange(text, grant), minWidth: 110 },
          {
            id: "source",
            header: text(way === "inbound" ? "rule.source" : "rule.destination"),
            cell: ({ grant }) => grant.source,
            minWidth: 150,
          },
          {
            id: "action",
            header: text("acl.action"),
            cell: (entry) => {
              const first = isLast(entry) ? undefined : decidedBy(entry, entries);
              return (
                <>
                  <StatusIndicator type={entry.allow ? "success" : "error"}>{actionText(text, entry)}</StatusIndicator>
                  {first && <div>{text("acl.never", { number: numberText(first) })}</div>}
                </>
              );
            },
            minWidth: 150,
          },
        ]}
      />
      {isEdited && <EditEntries region={region} items={[row]} way={way} close={() => setEdited(false)} />}
    </>
  );
}
