/** What component tests share: a server that is a function, and a page that is rendered. */
import { act } from "react";
import { createRoot } from "react-dom/client";
import type { ReactNode } from "react";
import { afterEach, vi } from "vitest";
import type { Boot, Hibernation } from "./api/types";
import type { Row } from "./pages/instances/model";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

interface Asked {
  action?: string;
  path?: string;
  parameters?: Record<string, unknown>;
}

export interface Reply {
  status?: number;
  body: unknown;
}

let unread = 0; // answers that are on their way

/** Answer every request with what `reply` gives; what was asked is in the list that this gives. */
export function serve(reply: (asked: Asked) => Reply): Asked[] {
  const heard: Asked[] = [];
  unread = 0;
  vi.stubGlobal("fetch", async (_address: string, init: RequestInit) => {
    const asked = JSON.parse(String(init.body)) as Asked;
    heard.push(asked);
    const { status = 200, body } = reply(asked);
    const answer = new Response(JSON.stringify(body), { status, headers: { "x-amzn-RequestId": "req-1" } });
    unread += 1;
    const read = answer.json.bind(answer);
    answer.json = () => read().finally(() => (unread -= 1));
    return answer;
  });
  return heard;
}

const ended: (() => void)[] = [];
afterEach(() => {
  ended.splice(0).forEach((end) => end());
  localStorage.clear();
  vi.unstubAllGlobals();
});

/** Render, and let everything that it asks be answered. Gives the document's text, read anew each time. */
export async function show(what: ReactNode): Promise<() => string> {
  const place = document.body.appendChild(document.createElement("div"));
  const root = createRoot(place);
  ended.push(() => {
    act(() => root.unmount());
    place.remove();
  });
  await act(async () => root.render(what));
  await settle();
  return () => document.body.textContent ?? "";
}

const PATIENCE = 5000; // ms

/** Let timers and answers come that are due at once, and what is asked because of them. */
export async function settle(): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  do {
    await act(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
    });
  } while (unread > 0 && performance.now() < deadline);
}

/** Let things go on until this holds. */
export async function eventually(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("it did not come to hold");
    await settle();
  }
}

/** An instance as pages know it. */
export function rowOf(id: string, more: Partial<Row> = {}): Row {
  const BlockDeviceMappings = [{ DeviceName: "/dev/xvda", Ebs: { VolumeId: "vol-1", DeleteOnTermination: true } }];
  const instance = { InstanceId: id, BlockDeviceMappings };
  return { id, name: "", state: "running", instance, reservation: "r-1", owner: "123456789012", status: undefined, ...more };
}

/** A boot that began at this second of a day, and whatever else is known of it. */
export function bootOf(number: number, startedAt: number, more: Partial<Boot> = {}): Boot {
  return {
    id: `boot-${number}`,
    number,
    cause: "action",
    action: "RunInstances",
    request_id: `request-${number}`,
    principal: "AKIAEXAMPLE",
    principal_arn: "arn:aws:iam::123456789012:root",
    called_at: null,
    started_at: second(startedAt),
    kernel_started_at: null,
    reachable_at: second(startedAt + 2),
    end_cause: null,
    end_action: null,
    end_request_id: null,
    end_principal: null,
    end_principal_arn: null,
    end_called_at: null,
    end_requested_at: null,
    at_rest_at: null,
    end_clean: null,
    ended_at: null,
    cut_seconds: null,
    from_memory: false,
    cold_because: null,
    ...more,
  };
}

/** A hibernation that was asked for at second 9, whose memory is kept since second 12, and whatever else is known of it. */
export function hibernationOf(more: Partial<Hibernation> = {}): Hibernation {
  return {
    boot_id: "boot-1",
    asked_at: second(9),
    request_id: "request-stop",
    principal: "AKIAEXAMPLE",
    principal_arn: "arn:aws:iam::123456789012:root",
    suspended_at: second(12),
    size_bytes: 209_715_200,
    resumed_at: null,
    resume_request_id: null,
    resume_principal: null,
    resume_principal_arn: null,
    ended_at: null,
    because: null,
    ...more,
  };
}

export function second(of: number): string {
  return new Date(Date.UTC(2026, 0, 1) + of * 1000).toISOString();
}
