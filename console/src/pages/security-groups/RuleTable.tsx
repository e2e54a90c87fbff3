/** Rules as EC2's console lists them, and what each does here. */
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useState, type ReactNode } from "react";
import type { SecurityGroup } from "../../api/types";
import { nameTag } from "../../resource/resource";
import { useText, type TextKey } from "../../texts/texts";
import { effectOf, type Effect } from "./effect";
import { useNetwork } from "./Enforced";
import type { Direction } from "./grant";
import type { Rule } from "./model";
import { portRange, protocolName, typeName, typeOf } from "./ruleTypes";
import { GroupLink, SourceLink } from "./words";

interface Properties {
  region: string;
  way: Direction;
  rules: readonly Rule[];
  groups: ReadonlyMap<string, SecurityGroup>;
  /** Whether they are of several groups: each says then of which. */
  ofSeveral?: boolean;
  /** Buttons, of what is selected; without them nothing can be selected. */
  actions?: (selected: Rule | undefined) => ReactNode;
}

const EFFECTS: Record<Effect, readonly [StatusIndicatorProps.Type, TextKey]> = {
  enforced: ["success", "effect.enforced"],
  opens: ["success", "effect.opens"],
  opensPart: ["info", "effect.opensPart"],
  recorded: ["stopped", "effect.recorded"],
};
/** As on EC2, where the rules of an instance have other columns than those of a group. */
const NOT_OF_SEVERAL = ["version", "type"];
const NOT_OF_ONE = ["group"];
const VERSIONS = { ipv4: "IPv4", ipv6: "IPv6", group: "–", prefixList: "–" };

export function RuleTable({ region, way, rules, groups, ofSeveral = false, actions }: Properties): ReactNode {
  const text = useText();
  const network = useNetwork();
  const [chosen, choose] = useState<string>();
  const selected = rules.find(({ id }) => id === chosen);
  const hidden = ofSeveral ? NOT_OF_SEVERAL : NOT_OF_ONE;
  const title = text(way === "inbound" ? "rules.inbound" : "rules.outbound");
  const columns: (TableProps.ColumnDefinition<Rule> & { id: string })[] = [
    { id: "name", header: text("instance.name"), cell: ({ tags }) => nameTag(tags) || "–", minWidth: 80 },
    { id: "id", header: text("rule.id"), cell: ({ id }) => id, isRowHeader: true, minWidth: 215 },
    { id: "version", header: text("rule.version"), cell: ({ grant }) => VERSIONS[grant.kind], minWidth: 100 },
    { id: "type", header: text("rule.type"), cell: ({ grant }) => typeName(text, typeOf(grant)), minWidth: 110 },
    { id: "protocol", header: text("rule.protocol"), cell: ({ grant }) => protocolName(text, grant), minWidth: 100 },
    { id: "ports", header: text("rule.ports"), cell: ({ grant }) => portRange(text, grant), minWidth: 110 },
    {
      id: "source",
      header: text(way === "inbound" ? "rule.source" : "rule.destination"),
      cell: ({ grant }) => <SourceLink region={region} grant={grant} groups={groups} />,
      minWidth: 190,
    },
    { id: "group", header: text("securityGroup"), cell: ({ group }) => <GroupLink region={region} id={group} groups={groups} />, minWidth: 190 },
    {
      id: "effect",
      header: text("effect.title"),
      cell: ({ grant }) => {
        if (network === undefined) return text("loading");
        const [type, key] = EFFECTS[effectOf(grant, way, network)];
        return (
          <StatusIndicator type={type} wrapText={false}>
            {text(key)}
          </StatusIndicator>
        );
      },
      minWidth: 170,
    },
    { id: "description", header: text("group.description"), cell: ({ description }) => description || "–", minWidth: 110 },
  ];
  return (
    <Table<Rule>
      variant="container"
      header={
        <Header variant="h2" counter={`(${rules.length})`} actions={actions?.(selected)}>
          {title}
        </Header>
      }
      items={rules}
      trackBy="id"
      wrapLines
      {...(actions && {
        selectionType: "single",
        selectedItems: selected ? [selected] : [],
        onSelectionChange: ({ detail }) => choose(detail.selectedItems[0]?.id),
      })}
      columnDefinitions={columns.filter(({ id }) => !hidden.includes(id))}
      empty={<Box textAlign="center">{text(way === "inbound" ? "rules.noneInbound" : "rules.noneOutbound")}</Box>}
      ariaLabels={{
        tableLabel: title,
        selectionGroupLabel: title,
        itemSelectionLabel: (_, rule) => text("table.select", { name: rule.id }),
      }}
    />
  );
}
