/** Live updates: the server names the tables that changed; whoever shows something of them reads it again. */
import { Reconnecting } from "./reconnecting";

/** The tables that listings may depend on. A test of the server holds them against its own. */
export const TABLES = [
  "attachments",
  "boots",
  "image_devices",
  "images",
  "instances",
  "interface_groups",
  "network_interfaces",
  "security_group_rules",
  "security_groups",
  "snapshots",
  "tags",
  "volumes",
] as const;
export type Table = (typeof TABLES)[number];

/** `lost`: the server does not answer now, and is tried again and again. */
export type Connection = "connecting" | "live" | "lost";

interface Told {
  listening?: true;
  changed?: string[];
}

type Heard = (changed: readonly string[] | "everything") => void;

class Live {
  private state: Connection = "connecting";
  private readonly heard = new Set<Heard>();
  private readonly watchers = new Set<() => void>();
  private readonly connection = new Reconnecting("/console/live", {
    heard: (data) => this.told(JSON.parse(String(data)) as Told),
    lost: () => {
      this.become("lost");
      return true;
    },
  });

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

  /** Listen until `stop`, whatever becomes of the connection meanwhile. */
  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
  }

  private told({ listening, changed }: Told): void {
    if (listening) {
      this.connection.works();
      this.become("live");
    }
    this.heard.forEach((heard) => heard(changed ?? "everything"));
  }

  private become(state: Connection): void {
    this.state = state;
    this.watchers.forEach((watcher) => watcher());
  }
}

export const live = new Live();
