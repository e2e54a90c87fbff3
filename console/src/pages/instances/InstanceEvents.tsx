/** The calls that named an instance, or answered with it. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useAround } from "../../resource/resource";
import { inWords } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { columns } from "../event-history/eventHistory";
import { eventsOf, type Event } from "../event-history/model";
import type { Row } from "./model";

const SHOWN = ["name", "at", "user", "error", "request"];

export function InstanceEvents({ region, item: { id } }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const around = useAround(region);
  const listing = useMemo(
    () => eventsOf(region, { AttributeKey: "ResourceName", AttributeValue: id }, ["boots", "instances", "tags"]),
    [region, id],
  );
  const { value: events, failure, again } = useListing(listing);
  return (
    <Table
      header={
        <Header
          variant="h2"
          description={text("event.ofInstance")}
          actions={<Button iconName="refresh" ariaLabel={text("refresh")} onClick={again} />}
        >
          {text("eventHistory")}
        </Header>
      }
      loading={events === undefined && failure === undefined}
      loadingText={text("loading")}
      items={events ?? []}
      trackBy="id"
      columnDefinitions={columns
        .filter((column) => SHOWN.includes(column.id))
        .map((column) => ({
          id: column.id,
          header: text(column.header),
          cell: (event: Event) => (column.cell ?? column.value)(event, around) || "–",
        }))}
      empty={failure === undefined ? text("event.none") : <Box color="text-status-error">{inWords(text, failure)}</Box>}
    />
  );
}
