/** The routes of a table. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Route } from "../../api/types";
import { State } from "../../resource/State";
import { useText, type TextKey } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { destinationOf, propagatedText, type RouteTableRow } from "./model";
import { targetOf, targetText } from "./targets";

const ORIGINS: Record<string, TextKey> = {
  CreateRouteTable: "route.origin.table",
  CreateRoute: "route.origin.route",
  EnableVgwRoutePropagation: "route.origin.propagation",
};

export function RouteTableRoutes({ region, item: { table } }: { region: string; item: Pick<RouteTableRow, "table"> }): ReactNode {
  const text = useText();
  const routes = table.Routes ?? [];
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${routes.length})`}>
          {text("routes")}
        </Header>
      }
      items={routes}
      ariaLabels={{ tableLabel: text("routes") }}
      columnDefinitions={[
        {
          id: "destination",
          header: text("route.destination"),
          cell: (route) => <Destination region={region} route={route} />,
          isRowHeader: true,
        },
        { id: "target", header: text("route.target"), cell: (route) => <TargetLink region={region} route={route} /> },
        { id: "status", header: text("route.status"), cell: ({ State: state = "" }) => <State state={state} /> },
        { id: "propagated", header: text("route.propagated"), cell: (route) => propagatedText(text, route) },
        { id: "origin", header: text("route.origin"), cell: ({ Origin = "" }) => (ORIGINS[Origin] ? text(ORIGINS[Origin]) : Origin) },
      ]}
    />
  );
}

function Destination({ region, route }: { region: string; route: Route }): ReactNode {
  const { DestinationPrefixListId: list } = route;
  return list ? <IdLink region={region} id={list} /> : destinationOf(route);
}

/** A link to what a route leads to. */
export function TargetLink({ region, route }: { region: string; route: Route }): ReactNode {
  const target = targetOf(route);
  if (target.kind === "local") return targetText(target);
  return (
    <>
      <IdLink region={region} id={target.id} />
      {route.InstanceId && (
        <>
          {" "}
          (<IdLink region={region} id={route.InstanceId} />)
        </>
      )}
    </>
  );
}
