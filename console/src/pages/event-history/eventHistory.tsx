/** CloudTrail's event history: who called what in a region, and what came of it. */
import Link from "@cloudscape-design/components/link";
import type { Column, Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import { EventFacts } from "./EventFacts";
import { EventRecord } from "./EventRecord";
import { eventsOf, type Event } from "./model";

export const columns: Column<Event>[] = [
  {
    id: "name",
    header: "event.name",
    width: 240,
    value: ({ name }) => name,
    cell: ({ id, name }, { region }) => <Link href={at(region, "event-history", id)}>{name}</Link>,
  },
  { id: "at", header: "event.at", width: 210, value: (event) => event.at, cell: (event, { moment }) => moment(event.at) },
  { id: "user", header: "event.user", width: 160, value: ({ user }) => user },
  { id: "source", header: "event.source", width: 190, value: ({ source }) => source },
  {
    id: "resource",
    header: "event.resources",
    width: 260,
    value: ({ resources }) => resources.map(({ ResourceName }) => ResourceName).join(", "),
  },
  { id: "error", header: "event.error", width: 240, value: ({ error }) => error ?? "" },
  { id: "id", header: "event.id", width: 300, value: ({ id }) => id, hidden: true },
  { id: "request", header: "event.request", width: 300, value: ({ request }) => request, hidden: true },
  { id: "accessKey", header: "event.accessKey", width: 200, value: ({ accessKey }) => accessKey, hidden: true },
  { id: "address", header: "event.address", width: 150, value: ({ address }) => address, hidden: true },
];

const eventHistory: Resource<Event> = {
  page: "event-history",
  title: "eventHistory",
  about: "event.about",
  listing: (region) => eventsOf(region),
  views: [
    {
      id: "changes",
      text: "event.changes",
      listing: (region) => eventsOf(region, { AttributeKey: "ReadOnly", AttributeValue: "false" }),
    },
    { id: "all", text: "event.all", listing: (region) => eventsOf(region) },
  ],
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  columns,
  sortedBy: "at",
  latestFirst: true,
  menus: [],
  tabs: [
    { id: "details", label: "tab.details", view: EventFacts },
    { id: "record", label: "event.record", view: EventRecord },
  ],
};

export default eventHistory;
