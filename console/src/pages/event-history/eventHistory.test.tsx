import { expect, test } from "vitest";
import type { TrailEvent } from "../../api/cloudtrail";
import { callsMade } from "../../api/call";
import { serve, show, type Reply } from "../../testing";
import { InstanceEvents } from "../instances/InstanceEvents";
import type { Row } from "../instances/model";
import { EventFacts } from "./EventFacts";
import { EventRecord } from "./EventRecord";
import eventHistory from "./eventHistory";
import { eventsOf, type Event } from "./model";

const ID = "0e1f0000-0000-0000-0000-000000000001";

function told(more: object = {}): TrailEvent {
  const record = { eventName: "StopInstances", requestID: "req-7", sourceIPAddress: "127.0.0.1", ...more };
  return {
    EventId: ID,
    EventName: "StopInstances",
    ReadOnly: "false",
    AccessKeyId: "AKIAJOB",
    EventTime: "2026-01-02T03:04:05.000Z",
    EventSource: "ec2.amazonaws.com",
    Username: "job",
    Resources: [{ ResourceType: "AWS::EC2::Instance", ResourceName: "i-1" }],
    CloudTrailEvent: JSON.stringify(record),
  };
}

const REFUSED = { errorCode: "Client.IncorrectInstanceState", errorMessage: "It is stopped." };

function trail({ parameters }: { parameters?: Record<string, unknown> }): Reply {
  if (parameters?.NextToken === undefined) return { body: { Events: [told()], NextToken: "more" } };
  return { body: { Events: [{ ...told(REFUSED), EventId: ID.replace("1", "2") }] } };
}

async function read(): Promise<Event[]> {
  serve(trail);
  return await eventsOf("us-east-1").read();
}

test("events are read over pages, and their records taken apart", async () => {
  const heard = serve(trail);
  const events = await eventHistory.views![0]!.listing("us-east-1").read();
  expect(events.map(({ error, request }) => [error, request])).toEqual([
    [undefined, "req-7"],
    ["Client.IncorrectInstanceState", "req-7"],
  ]);
  const attribute = [{ AttributeKey: "ReadOnly", AttributeValue: "false" }];
  expect(heard.map(({ parameters }) => parameters)).toEqual([
    { LookupAttributes: attribute },
    { LookupAttributes: attribute, NextToken: "more" },
  ]);
  expect(callsMade.read()[0]).toMatchObject({ service: "cloudtrail", action: "LookupEvents", changes: false });
});

test("no more than some pages are read at once", async () => {
  const heard = serve(() => ({ body: { Events: [told()], NextToken: "more" } }));
  expect((await eventsOf("us-east-1").read()).length).toBe(4);
  expect(heard.length).toBe(4);
});

test("an event is told with its refusal and its request, and its record in lines", async () => {
  const [, refused] = await read();
  const facts = await show(<EventFacts item={refused!} />);
  for (const part of ["StopInstances", "job", "i-1 (AWS::EC2::Instance)", "It is stopped.", "req-7", refused!.id]) expect(facts()).toContain(part);
  const record = await show(<EventRecord item={refused!} />);
  expect(record()).toContain('"errorCode": "Client.IncorrectInstanceState"');
});

test("an instance shows the calls that name it", async () => {
  const heard = serve(trail);
  const shown = await show(<InstanceEvents region="us-east-1" item={{ id: "i-1" } as Row} />);
  expect(shown()).toContain("StopInstances");
  expect(heard[0]!.parameters).toEqual({ LookupAttributes: [{ AttributeKey: "ResourceName", AttributeValue: "i-1" }] });
});
