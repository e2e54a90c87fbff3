/** CloudTrail's LookupEvents, as pages ask it. */
import { callOf } from "./call";

/** One call, as LookupEvents shows it. `CloudTrailEvent` is the whole record, in JSON. */
export interface TrailEvent {
  EventId: string;
  EventName: string;
  ReadOnly: "true" | "false";
  AccessKeyId: string;
  EventTime: string;
  EventSource: string;
  Username: string;
  Resources: { ResourceType: string; ResourceName: string }[];
  CloudTrailEvent: string;
}

/** By what events are looked up; CloudTrail takes one attribute at a time. */
export interface Attribute {
  AttributeKey: "ReadOnly" | "ResourceName";
  AttributeValue: string;
}

interface Page {
  Events: TrailEvent[];
  NextToken?: string;
}

const MOST_PAGES = 4;

/** The latest events of a region, the latest first: some 200 of them at most. Throws `Refused` and `Unreachable`. */
export async function latestEvents(region: string, attribute?: Attribute): Promise<TrailEvent[]> {
  const found: TrailEvent[] = [];
  const asked = attribute === undefined ? {} : { LookupAttributes: [attribute] };
  for (let page = 0, more: string | undefined; page < MOST_PAGES; page++) {
    const parameters = more === undefined ? asked : { ...asked, NextToken: more };
    const answer = (await callOf("cloudtrail", region, "LookupEvents", parameters)) as Page;
    found.push(...answer.Events);
    more = answer.NextToken;
    if (more === undefined) break;
  }
  return found;
}
