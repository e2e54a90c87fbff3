/** The entries of a subnet's network ACL, both ways, in the order in which they are tried. */
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { NetworkAcl } from "../../api/types";
import { useText } from "../../texts/texts";
import type { SubnetRow } from "./model";

type Entry = NonNullable<NetworkAcl["Entries"]>[number];

/** EC2's number of the last entry, which denies what no other one has decided. */
const LAST = 32767;
const NAMES: Record<string, string> = { "-1": "all", "1": "ICMP", "6": "TCP", "17": "UDP", "58": "ICMPv6" };

export function SubnetAcl({ item: { acl } }: { region: string; item: Pick<SubnetRow, "acl"> }): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="m">
      {([false, true] as const).map((egress) => (
        <Table
          key={String(egress)}
          variant="container"
          header={<Header variant="h2">{text(egress ? "rules.outbound" : "rules.inbound")}</Header>}
          items={(acl?.Entries ?? [])
            .filter((one) => (one.Egress ?? false) === egress)
            .toSorted((one, other) => (one.RuleNumber ?? 0) - (other.RuleNumber ?? 0))}
          empty={text("none")}
          ariaLabels={{ tableLabel: text(egress ? "rules.outbound" : "rules.inbound") }}
          columnDefinitions={[
            { id: "number", header: text("subnetAcl.number"), cell: ({ RuleNumber = 0 }) => (RuleNumber === LAST ? "*" : RuleNumber), isRowHeader: true },
            { id: "protocol", header: text("rule.protocol"), cell: (one) => protocolText(text("rule.all"), one) },
            { id: "ports", header: text("rule.ports"), cell: (one) => portsText(text("rule.all"), one) },
            { id: "block", header: text(egress ? "rule.destination" : "rule.source"), cell: (one) => one.CidrBlock ?? one.Ipv6CidrBlock },
            {
              id: "action",
              header: text("subnetAcl.action"),
              cell: ({ RuleAction = "" }) => <StatusIndicator type={RuleAction === "allow" ? "success" : "error"}>{RuleAction}</StatusIndicator>,
            },
          ]}
        />
      ))}
    </SpaceBetween>
  );
}

function protocolText(all: string, { Protocol = "" }: Entry): string {
  return Protocol === "-1" ? all : (NAMES[Protocol] ?? Protocol);
}

function portsText(all: string, { PortRange, IcmpTypeCode }: Entry): string {
  if (IcmpTypeCode) return `${IcmpTypeCode.Type ?? all} / ${IcmpTypeCode.Code ?? all}`;
  if (!PortRange) return all;
  return PortRange.From === PortRange.To ? String(PortRange.From) : `${PortRange.From} - ${PortRange.To}`;
}
