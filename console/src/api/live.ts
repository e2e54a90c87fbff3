/** Live updates: the server names the tables that changed; whoever shows something of them reads it again. */
import { about, Unreachable } from "./call";
import { halfB } from "./session";

/** The tables that listings may depend on. A test of the server holds them against its own. */
export const TABLES = [
  "attachments",
  "boots",
  "claims",
  "image_devices",
  "images",
  "instances",
  "interface_groups",
  "key_pairs",
  "network_interfaces",
  "security_group_rules",
  "security_groups",
  "snapshots",
  "steps",
  "tags",
  "volumes",
] as const;
export type Table = (typeof TABLES)[number];

/** `lost`: the server does not answer now, and is tried again and again. */
export type Connection = "connecting" | "live" | "lost";

const FIRST_RETRY = 500;
const LONGEST_RETRY = 5000;
const SUBPROTOCOL = "kumoniwa";

type Heard = (changed: readonly string[] | "everything") => void;

class Live {
  private state: Connection = "connecting";
  private socket: WebSocket | undefined;
  private retry = FIRST_RETRY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;
  private readonly heard = new Set<Heard>();
  private readonly watchers = new Set<() => void>();

  readonly read = (): Connection => this.state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Tell `heard` what changed; `everything` after each time that changes may have been missed. */
  readonly hear = (heard: Heard): (() => void) => {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  };

  /** Connect, and connect again whenever that ends, until `stop`. */
  start(): void {
    this.wanted = true;
    addEventListener("online", this.again);
    document.addEventListener("visibilitychange", this.again); // after sleep
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    this.socket?.close();
    removeEventListener("online", this.again);
    document.removeEventListener("visibilitychange", this.again);
  }

  private readonly again = (): void => {
    if (this.wanted && this.state === "lost" && document.visibilityState === "visible") {
      clearTimeout(this.timer);
      this.connect();
    }
  };

  private connect(): void {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/console/live`;
    const socket = new WebSocket(address, [SUBPROTOCOL, halfB() ?? ""]);
    this.socket = socket;
    socket.onmessage = (message) => {
      const told = JSON.parse(String(message.data)) as { listening?: true; changed?: string[] };
      if (told.listening) {
        this.retry = FIRST_RETRY;
        this.become("live");
      }
      this.heard.forEach((heard) => heard(told.changed ?? "everything"));
    };
    socket.onclose = () => {
      if (socket === this.socket && this.wanted) void this.tryAgain();
    };
  }

  private async tryAgain(): Promise<void> {
    this.become("lost");
    try {
      await about(); // which says so where the session has ended
    } catch (failure) {
      if (!(failure instanceof Unreachable)) return;
    }
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
  }

  private become(state: Connection): void {
    this.state = state;
    this.watchers.forEach((watcher) => watcher());
  }
}

export const live = new Live();
