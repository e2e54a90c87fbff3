/** Which subnets use a table, because they are associated with it or because it is the main one; and which gateways. */
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Subnet } from "../../api/types";
import { nameTag } from "../../resource/resource";
import { useText, type TextKey } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { ipv6Of, type RouteTableRow } from "./model";

interface Properties {
  region: string;
  item: RouteTableRow;
}

export function SubnetAssociations({ region, item: row }: Properties): ReactNode {
  return (
    <SpaceBetween size="m">
      <Subnets region={region} subnets={row.subnets} title="association.explicit" empty="association.noExplicit" />
      <Subnets
        region={region}
        subnets={row.implicit}
        title="association.implicit"
        empty={row.isMain ? "association.noImplicit" : "association.notMain"}
      />
    </SpaceBetween>
  );
}

function Subnets({ region, subnets, title, empty }: { region: string; subnets: readonly Subnet[]; title: TextKey; empty: TextKey }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${subnets.length})`}>
          {text(title)}
        </Header>
      }
      items={subnets}
      empty={text(empty)}
      ariaLabels={{ tableLabel: text(title) }}
      columnDefinitions={[
        { id: "name", header: text("instance.name"), cell: ({ Tags }) => nameTag(Tags) || "–" },
        {
          id: "id",
          header: text("instance.subnet"),
          cell: ({ SubnetId }) => <IdLink region={region} id={SubnetId} />,
          isRowHeader: true,
        },
        { id: "ipv4", header: text("association.ipv4"), cell: ({ CidrBlock }) => CidrBlock },
        {
          id: "ipv6",
          header: text("association.ipv6"),
          cell: (subnet) => ipv6Of(subnet) || "–",
        },
      ]}
    />
  );
}

export function EdgeAssociations({ region, item: { gateways } }: Properties): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${gateways.length})`}>
          {text("association.edges")}
        </Header>
      }
      items={gateways}
      empty={text("association.noEdges")}
      ariaLabels={{ tableLabel: text("association.edges") }}
      columnDefinitions={[
        {
          id: "id",
          header: text("internetGateway.id"),
          cell: (id) => <IdLink region={region} id={id} />,
          isRowHeader: true,
        },
      ]}
    />
  );
}
