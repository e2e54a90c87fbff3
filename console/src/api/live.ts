/** Live updates: the server names the tables and resources that changed; whoever shows something of them reads it again. */
import { about } from "./call";
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
  "permissions",
  "security_group_rules",
  "security_groups",
  "snapshots",
  "steps",
  "tags",
  "volume_modifications",
  "volumes",
] as const;
export type Table = (typeof TABLES)[number];

/** `lost`: the server does not answer now, and is tried again and again. */
export type Connection = "connecting" | "live" | "lost";

/** Milliseconds after which a connection on which nothing comes is taken for dead: the server says something every 2 s. */
export const SILENCE = 8000;
/** Milliseconds by which a timer is late after the page itself slept: what came meanwhile is yet to be read. */
const LATE = 1000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 5000;
const SUBPROTOCOL = "kumoniwa";

/** By table the ids of what changed; null: any of it. */
export type Ids = Readonly<Record<string, readonly string[] | null>>;
type Heard = (changed: readonly string[] | "everything", ids?: Ids) => void;

class Live {
  private state: Connection = "connecting";
  private socket: WebSocket | undefined;
  private retry = FIRST_RETRY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;
  private wanted = false;
  private readonly heard = new Set<Heard>();
  private readonly watchers = new Set<() => void>();

  readonly read = (): Connection => this.state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Tell `heard` which tables changed and which resources of them; `everything` after changes may have been missed. */
  readonly hear = (heard: Heard): (() => void) => {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  };

  /** Connect, and connect again whenever that ends or falls silent, until `stop`. */
  start(): void {
    this.wanted = true;
    addEventListener("online", this.again);
    document.addEventListener("visibilitychange", this.again); // after sleep
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.leave();
    this.become("connecting");
    removeEventListener("online", this.again);
    document.removeEventListener("visibilitychange", this.again);
  }

  private readonly again = (): void => {
    if (this.wanted && this.state === "lost" && document.visibilityState === "visible") this.connect();
  };

  private connect(): void {
    this.leave();
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/console/live`;
    const socket = new WebSocket(address, [SUBPROTOCOL, halfB() ?? ""]);
    this.socket = socket;
    socket.onmessage = (message) => {
      this.listen();
      const told = JSON.parse(String(message.data)) as { listening?: true; changed?: Ids };
      if (told.listening) {
        this.retry = FIRST_RETRY;
        this.become("live");
        this.tell("everything");
      } else if (told.changed) {
        const tables = Object.keys(told.changed);
        if (tables.length > 0) this.tell(tables, told.changed);
      }
    };
    socket.onclose = () => this.tryAgain();
    this.listen();
  }

  /** Give the server until `SILENCE` to say something, and once more where the page itself slept: then it is lost. */
  private listen(mayHaveSlept = true): void {
    clearTimeout(this.silence);
    const due = Date.now() + SILENCE;
    this.silence = setTimeout(() => {
      if (mayHaveSlept && Date.now() - due > LATE) this.listen(false);
      else this.tryAgain();
    }, SILENCE);
  }

  /** Have nothing more to do with the connection: a dead one would take long to close. */
  private leave(): void {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.asking?.abort();
    if (this.socket === undefined) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }

  private tryAgain(): void {
    this.leave();
    this.become("lost");
    this.asking = new AbortController();
    about(this.asking.signal).catch(() => undefined); // it says so where the session has ended: nothing else is asked
    this.timer = setTimeout(() => this.connect(), this.retry);
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
  }

  private tell(changed: readonly string[] | "everything", ids?: Ids): void {
    this.heard.forEach((heard) => heard(changed, ids));
  }

  private become(state: Connection): void {
    this.state = state;
    this.watchers.forEach((watcher) => watcher());
  }
}

export const live = new Live();
