/** The latest events of a region, the latest first: what its guests and states did, what is scheduled, what has trouble. */
import { call, evidence } from "../../api/call";
import type { Listing } from "../../api/listing";
import type { Trouble } from "../../api/types";

/** What happened, as `/_kumoniwa/events` tells it. */
export type Happened =
  | { what: "boot"; at: string; instance_id: string; number: number; cause: string; action: string | null; request_id: string | null }
  | { what: "state"; at: string; instance_id: string; state: string }
  | { what: "image"; at: string; instance_id: string; image_id: string; name: string; state: string; consistency: string | null };

/** What does not get on, or is announced. */
export type Event =
  | Happened
  | { what: "trouble"; at: string; instance_id: string; trouble: Trouble }
  | { what: "scheduled"; at: string; instance_id: string; code: string; description: string };

/** What happened last; the server bounds how many. */
export function eventsOf(region: string): Listing<Event[]> {
  return {
    key: `${region}/events`,
    tables: ["boots", "images", "instances"],
    read: async () => {
      const [happened, troubles, statuses] = await Promise.all([
        evidence<{ events: Happened[] }>(region, "events"),
        evidence<{ troubles: Trouble[] }>(region, "troubles"),
        call(region, "DescribeInstanceStatus", { IncludeAllInstances: true }),
      ]);
      const scheduled = (statuses.InstanceStatuses ?? []).flatMap(({ InstanceId = "", Events = [] }) =>
        Events.map((event) => ({
          what: "scheduled" as const,
          at: event.NotBefore ?? "",
          instance_id: InstanceId,
          code: event.Code ?? "",
          description: event.Description ?? "",
        })),
      );
      const troubled = troubles.troubles.map((trouble) => ({
        what: "trouble" as const,
        at: trouble.since,
        instance_id: trouble.instance_id ?? "",
        trouble,
      }));
      return [...scheduled, ...troubled, ...happened.events].sort((one, other) => other.at.localeCompare(one.at));
    },
  };
}
