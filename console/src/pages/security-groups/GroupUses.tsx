/** What is in a group, and which other groups' rules name it. */
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { at } from "../../shell/place";
import { useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import type { Row } from "./model";
import { GroupLink, ruleText } from "./words";

export function GroupUses({ region, item: row }: { region: string; item: Row }): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="m">
      <Table
        variant="container"
        header={<Header variant="h2" counter={`(${row.interfaces.length})`}>{text("uses.interfaces")}</Header>}
        items={row.interfaces}
        empty={text("uses.noInterfaces")}
        ariaLabels={{ tableLabel: text("uses.interfaces") }}
        columnDefinitions={[
          { id: "id", header: text("interface.id"), cell: (one) => <IdLink region={region} id={one.NetworkInterfaceId} />, isRowHeader: true },
          {
            id: "instance",
            header: text("instance.id"),
            cell: ({ Attachment }) => {
              const id = Attachment?.InstanceId;
              return id === undefined ? "–" : <Link href={at(region, "instances", id)}>{id}</Link>;
            },
          },
          { id: "private", header: text("instance.privateIp"), cell: (one) => one.PrivateIpAddress },
          { id: "public", header: text("instance.publicIp"), cell: (one) => one.Association?.PublicIp ?? "–" },
          { id: "subnet", header: text("instance.subnet"), cell: (one) => one.SubnetId },
        ]}
      />
      <Table
        variant="container"
        header={<Header variant="h2" counter={`(${row.namedBy.length})`}>{text("uses.rules")}</Header>}
        items={row.namedBy}
        empty={text("uses.noRules")}
        ariaLabels={{ tableLabel: text("uses.rules") }}
        columnDefinitions={[
          { id: "id", header: text("rule.id"), cell: (rule) => rule.id, isRowHeader: true },
          { id: "group", header: text("securityGroup"), cell: (rule) => <GroupLink region={region} id={rule.group} groups={row.groups} /> },
          { id: "rule", header: text("rule.grants"), cell: (rule) => ruleText(text, rule.grant, rule.way, row.groups) },
        ]}
      />
    </SpaceBetween>
  );
}
