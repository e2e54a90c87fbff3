/** The route tables whose routes lead to a peering connection: without routes on both sides nothing crosses it. */
import Alert from "@cloudscape-design/components/alert";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { State } from "../../resource/State";
import { useText } from "../../texts/texts";
import { destinationOf, routeTablesOf } from "../route-tables/model";
import { IdLink } from "../vpcs/links";
import type { PeeringRow } from "./model";

export function PeeringRoutes({ region, item: row }: { region: string; item: PeeringRow }): ReactNode {
  const text = useText();
  const { value: tables } = useListing(useMemo(() => routeTablesOf(region), [region]));
  const found = (tables ?? []).flatMap((table) =>
    (table.table.Routes ?? []).filter((route) => route.VpcPeeringConnectionId === row.id).map((route) => ({ table, route })),
  );
  const here = [row.requester, row.accepter].filter(({ Region }) => Region === region).map(({ VpcId = "" }) => VpcId);
  const without = here.filter((vpc) => !found.some(({ table }) => table.vpc === vpc));
  return (
    <SpaceBetween size="l">
      {tables !== undefined && row.state === "active" && without.length > 0 && (
        <Alert type="warning" header={text("peering.noRoutes")}>
          {text("peering.noRoutesWhy", { vpcs: without.join(", ") })}
        </Alert>
      )}
      <Table
        variant="container"
        header={
          <Header variant="h2" counter={`(${found.length})`}>
            {text("routeTables")}
          </Header>
        }
        items={found}
        loading={tables === undefined}
        loadingText={text("loading")}
        empty={text("peering.noTables")}
        ariaLabels={{ tableLabel: text("routeTables") }}
        columnDefinitions={[
          {
            id: "id",
            header: text("routeTable.id"),
            cell: ({ table }) => <IdLink region={region} id={table.id} name={table.name} />,
            isRowHeader: true,
          },
          { id: "vpc", header: text("vpc"), cell: ({ table }) => <IdLink region={region} id={table.vpc} /> },
          { id: "destination", header: text("route.destination"), cell: ({ route }) => destinationOf(route) },
          { id: "status", header: text("route.status"), cell: ({ route }) => <State state={route.State ?? ""} /> },
        ]}
      />
    </SpaceBetween>
  );
}
