/** Events of CloudTrail as the pages know them. */
import { latestEvents, type Attribute, type TrailEvent } from "../../api/cloudtrail";
import type { Listing } from "../../api/listing";
import type { Table } from "../../api/live";

/** One call. */
export interface Event {
  id: string;
  name: string;
  at: string;
  user: string;
  accessKey: string;
  source: string;
  address: string;
  request: string;
  resources: TrailEvent["Resources"];
  /** Undefined for a call that was not refused. */
  error: string | undefined;
  message: string | undefined;
  isRead: boolean;
  /** The whole record in JSON, in lines. */
  record: string;
}

interface Recorded {
  requestID?: string;
  sourceIPAddress?: string;
  errorCode?: string;
  errorMessage?: string;
}

/** What changes with most calls that change something: no table tells of the events themselves, for each reading is one. */
const CHANGED: readonly Table[] = ["boots", "images", "instances", "key_pairs", "security_groups", "snapshots", "tags", "volumes"];

/** The latest calls in a region, those with one attribute where it is given. */
export function eventsOf(region: string, attribute?: Attribute, tables: readonly Table[] = CHANGED): Listing<Event[]> {
  const named = attribute === undefined ? "all" : `${attribute.AttributeKey}=${attribute.AttributeValue}`;
  return {
    key: `${region}/event-history/${named}`,
    tables,
    read: async () => (await latestEvents(region, attribute)).map(eventOf),
  };
}

function eventOf(told: TrailEvent): Event {
  const record = JSON.parse(told.CloudTrailEvent) as Recorded;
  return {
    id: told.EventId,
    name: told.EventName,
    at: told.EventTime,
    user: told.Username,
    accessKey: told.AccessKeyId,
    source: told.EventSource,
    address: record.sourceIPAddress ?? "",
    request: record.requestID ?? "",
    resources: told.Resources,
    error: record.errorCode,
    message: record.errorMessage,
    isRead: told.ReadOnly === "true",
    record: JSON.stringify(record, null, 2),
  };
}
