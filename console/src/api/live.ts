/** Live updates: the server names the tables and resources that changed; whoever shows something of them reads it again. */
import { Reconnecting } from "./reconnecting";

/** The tables that listings may depend on. A test of the server holds them against its own. */
export const TABLES = [
  "access_keys",
  "account_settings",
  "acl_entries",
  "attachments",
  "boots",
  "claims",
  "dhcp_options",
  "egress_only_gateways",
  "elastic_ips",
  "fast_launches",
  "flow_logs",
  "hibernations",
  "iam_users",
  "image_devices",
  "images",
  "instances",
  "interface_groups",
  "internet_gateways",
  "key_pairs",
  "launch_template_versions",
  "launch_templates",
  "nat_gateways",
  "network_acls",
  "network_interfaces",
  "peerings",
  "permissions",
  "prefix_list_entries",
  "prefix_lists",
  "prepared_machines",
  "route_table_associations",
  "route_tables",
  "routes",
  "secondary_addresses",
  "security_group_rules",
  "security_groups",
  "snapshots",
  "steps",
  "subnet_reservations",
  "subnets",
  "tags",
  "volume_modifications",
  "volumes",
  "vpc_blocks",
  "vpcs",
] as const;
export type Table = (typeof TABLES)[number];

/** `lost`: the server does not answer now, and is tried again and again. */
export type Connection = "connecting" | "live" | "lost";

/** Milliseconds after which a connection on which nothing comes is taken for dead: the server says something every 2 s. */
export const SILENCE = 8000;

/** By table the ids of what changed; null: any of it. */
export type Ids = Readonly<Record<string, readonly string[] | null>>;

interface Told {
  listening?: true;
  changed?: Ids;
}

type Heard = (changed: readonly string[] | "everything", ids?: Ids) => void;

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
    silence: SILENCE,
  });

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

  /** Listen until `stop`, whatever becomes of the connection meanwhile. */
  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
    this.become("connecting");
  }

  private told({ listening, changed }: Told): void {
    if (listening) {
      this.connection.works();
      this.become("live");
      this.tell("everything");
    } else if (changed) {
      const tables = Object.keys(changed);
      if (tables.length > 0) this.tell(tables, changed);
    }
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
