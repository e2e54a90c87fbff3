/** The line to a guest's serial console: what it says comes, what is typed goes, and what becomes of it is known. */
import { live, type Table } from "../api/live";
import { Reconnecting } from "../api/reconnecting";

/** `stopped`: it connects by itself once the instance starts; `disabled`: once access to serial consoles is enabled. `lost`, `full`: it is tried again and again. */
export type LineState = "connecting" | "open" | "lost" | "full" | "stopped" | "disabled" | "terminated" | "missing";

const OF_CODE: Record<number, LineState> = { 1013: "full", 4403: "disabled", 4404: "missing", 4409: "stopped", 4410: "terminated" };
/** What has to change before it is tried again. */
const WAITS_FOR: Partial<Record<LineState, Table>> = { stopped: "instances", disabled: "account_settings" };
const AGAIN: readonly LineState[] = ["lost", "full"];
const MOST_OF_A_MESSAGE = 1024; // bytes, that the server takes
const MOST_WAITING = 64 * 1024; // bytes, that wait to be sent

export interface Said {
  /** A new connection: the history comes now. */
  begun: () => void;
  text: (bytes: Uint8Array) => void;
  skipped: (bytes: number) => void;
  /** What was typed is lost, for the guest does not read. */
  unread: () => void;
  /** What became of the line; `reason` is the server's own word for it. */
  became: (state: LineState, reason: string) => void;
}

interface Told {
  listening?: true;
  skipped?: number;
  unread?: true;
}

export class Line {
  private state: LineState = "connecting";
  private readonly connection: Reconnecting;
  private readonly forgotten: (() => void)[] = [];

  constructor(
    region: string,
    id: string,
    private readonly said: Said,
  ) {
    const query = new URLSearchParams({ region, instance: id }).toString();
    this.connection = new Reconnecting(`/console/serial?${query}`, {
      heard: (data) => this.heard(data),
      lost: (code, reason) => {
        this.become(OF_CODE[code] ?? "lost", reason);
        return AGAIN.includes(this.state);
      },
    });
  }

  start(): void {
    this.forgotten.push(
      live.hear((changed) => {
        const table = WAITS_FOR[this.state];
        if (table !== undefined && (changed === "everything" || changed.includes(table))) this.connection.again();
      }),
      // A guest may be silent for days: that a connection is dead is known from the one on which the server always speaks.
      live.watch(() => {
        if (this.state === "open" && live.read() === "lost") this.connection.drop();
      }),
    );
    this.connection.start();
  }

  stop(): void {
    this.forgotten.splice(0).forEach((forget) => forget());
    this.connection.stop();
  }

  /** Send what was typed, as far as the line takes it. */
  type(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.state !== "open") return;
    for (let at = 0; at < bytes.length; at += MOST_OF_A_MESSAGE) {
      if (!this.connection.send(bytes.slice(at, at + MOST_OF_A_MESSAGE), MOST_WAITING)) {
        this.said.unread();
        return;
      }
    }
  }

  private heard(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      this.said.text(new Uint8Array(data));
      return;
    }
    const told = JSON.parse(data) as Told;
    if (told.listening) {
      this.connection.works();
      this.said.begun();
      this.become("open", "");
    }
    if (told.skipped) this.said.skipped(told.skipped);
    if (told.unread) this.said.unread();
  }

  private become(state: LineState, reason: string): void {
    this.state = state;
    this.said.became(state, reason);
  }
}
