/** The latest events of a region, live. */
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { label } from "../../resource/resource";
import { inWords } from "../../shell/notices";
import { at } from "../../shell/place";
import { useMoment, useText, type Text } from "../../texts/texts";
import { causeText } from "../instances/causes";
import type { Row } from "../instances/model";
import { eventsOf, type Event } from "./events";

const PAGE = 10;

export function Events({ region, rows }: { region: string; rows: readonly Row[] | undefined }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const [page, setPage] = useState(1);
  const { value: events, failure } = useListing(useMemo(() => eventsOf(region), [region]));
  const names = new Map(rows?.map((row) => [row.id, row.name]));
  return (
    <Table
      variant="container"
      wrapLines
      header={<Header variant="h2" description={text("events.help")}>{text("events.title")}</Header>}
      items={(events ?? []).slice((page - 1) * PAGE, page * PAGE)}
      loading={events === undefined && failure === undefined}
      loadingText={text("loading")}
      empty={failure === undefined ? text("events.none") : inWords(text, failure)}
      ariaLabels={{ tableLabel: text("events.title") }}
      pagination={
        <Pagination
          currentPageIndex={page}
          pagesCount={Math.max(1, Math.ceil((events?.length ?? 0) / PAGE))}
          onChange={({ detail }) => setPage(detail.currentPageIndex)}
        />
      }
      columnDefinitions={[
        { id: "at", header: text("events.at"), cell: (event) => moment(event.at) },
        {
          id: "what",
          header: text("events.what"),
          cell: (event) => {
            const type = typeOf(event);
            return (
              // what is blue would look like a link
              <StatusIndicator type={type} {...(type === "info" && { colorOverride: "grey" })}>
                {words(text, event)}
              </StatusIndicator>
            );
          },
          isRowHeader: true,
        },
        {
          id: "instance",
          header: text("events.instance"),
          cell: ({ instance_id: id, what }) =>
            id === "" ? "–" : <Link href={at(region, "instances", id, what === "boot" ? "timeline" : "")}>{label(id, names.get(id) ?? "")}</Link>,
        },
        { id: "which", header: text("events.more"), cell: (event) => <More event={event} region={region} /> },
      ]}
    />
  );
}

const OF_STATE: Record<string, StatusIndicatorProps.Type> = { running: "success", stopped: "stopped", terminated: "stopped", failed: "error" };

function typeOf(event: Event): StatusIndicatorProps.Type {
  if (event.what === "trouble" || event.what === "scheduled") return "warning";
  if (event.what === "boot") return event.cause === "action" ? "info" : "warning";
  return OF_STATE[event.state] ?? "info";
}

function words(text: Text, event: Event): string {
  switch (event.what) {
    case "boot":
      return text("events.boot", { number: event.number, cause: causeText(text, event.cause, event.action) });
    case "state":
      return text("events.state", { state: event.state });
    case "image":
      return text("events.image", { name: event.name, state: event.state });
    case "trouble":
      return text("events.trouble", { what: event.trouble.what });
    case "scheduled":
      return text("events.scheduled", { what: event.description });
  }
}

function More({ event, region }: { event: Event; region: string }): ReactNode {
  const text = useText();
  switch (event.what) {
    case "boot":
      return event.request_id === null ? "–" : text("events.request", { request: event.request_id });
    case "image":
      return (
        <>
          <Link href={at(region, "images", event.image_id)}>{event.image_id}</Link>{" "}
          {event.consistency !== null && <Box variant="span">({event.consistency})</Box>}
        </>
      );
    case "trouble":
      return event.trouble.reason ?? event.trouble.hint;
    case "scheduled":
      return event.code;
    case "state":
      return "–";
  }
}
