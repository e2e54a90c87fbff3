/** The calls that pages make, typed by the SDK's own types: as on the wire, where times are texts. */
import type * as EC2 from "@aws-sdk/client-ec2";

/** A type of the SDK as JSON carries it. */
export type Wire<T> = T extends Date | Uint8Array
  ? string
  : T extends (infer U)[]
    ? Wire<U>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;

type Commands = typeof EC2;
type Command<A extends Action> = InstanceType<Commands[`${A}Command`]>;

/** An action of EC2, by its name. */
export type Action = { [K in keyof Commands]: K extends `${infer A}Command` ? A : never }[keyof Commands];
/** What an action takes. */
export type Asked<A extends Action> = Wire<Command<A>["input"]>;
/** What an action gives. */
export type Answered<A extends Action> = Wire<Omit<Output<Command<A>>, "$metadata">>;
type Output<C> = C extends { resolveMiddleware: (...given: never[]) => (...given: never[]) => Promise<{ output: infer O }> } ? O : never;

/** What can have tags, in EC2's word: `vpc`, `natgateway`, `elastic-ip`. */
export type ResourceType = EC2.ResourceType;

export type Address = Wire<EC2.Address>;
export type DhcpOptions = Wire<EC2.DhcpOptions>;
export type EgressOnlyInternetGateway = Wire<EC2.EgressOnlyInternetGateway>;
export type FastLaunch = Wire<EC2.DescribeFastLaunchImagesSuccessItem>;
export type FlowLog = Wire<EC2.FlowLog>;
export type Image = Wire<EC2.Image>;
export type Instance = Wire<EC2.Instance>;
export type InstanceStatus = Wire<EC2.InstanceStatus>;
export type InstanceTypeInfo = Wire<EC2.InstanceTypeInfo>;
export type InternetGateway = Wire<EC2.InternetGateway>;
export type KeyPair = Wire<EC2.KeyPairInfo>;
export type LaunchTemplate = Wire<EC2.LaunchTemplate>;
export type LaunchTemplateData = Wire<EC2.ResponseLaunchTemplateData>;
export type LaunchTemplateVersion = Wire<EC2.LaunchTemplateVersion>;
export type ManagedPrefixList = Wire<EC2.ManagedPrefixList>;
export type NatGateway = Wire<EC2.NatGateway>;
export type NetworkAcl = Wire<EC2.NetworkAcl>;
export type NetworkInterface = Wire<EC2.NetworkInterface>;
export type PrefixListEntry = Wire<EC2.PrefixListEntry>;
export type RequestLaunchTemplateData = Wire<EC2.RequestLaunchTemplateData>;
export type Route = Wire<EC2.Route>;
export type RouteTable = Wire<EC2.RouteTable>;
export type SecurityGroup = Wire<EC2.SecurityGroup>;
export type SecurityGroupRule = Wire<EC2.SecurityGroupRule>;
export type Snapshot = Wire<EC2.Snapshot>;
export type Subnet = Wire<EC2.Subnet>;
export type Tag = Wire<EC2.Tag>;
export type Volume = Wire<EC2.Volume>;
export type VolumeAttachment = Wire<EC2.VolumeAttachment>;
export type VolumeModification = Wire<EC2.VolumeModification>;
export type VolumeStatusItem = Wire<EC2.VolumeStatusItem>;
export type Vpc = Wire<EC2.Vpc>;
export type VpcPeeringConnection = Wire<EC2.VpcPeeringConnection>;

/** Something that does not get on, and is tried again: of `/_kumoniwa/troubles`. */
export interface Trouble {
  instance_id: string | null;
  what: string;
  since: string;
  reason: string | null;
  hint: string;
}

/** When an instance came into a state. */
export interface Move {
  state: string;
  at: string;
}

/** One life of a guest's kernel, as `/_kumoniwa/instances/{id}/boots` tells it. Times that were not seen are null. */
export interface Boot {
  id: string;
  number: number;
  cause: string;
  action: string | null;
  request_id: string | null;
  principal: string | null;
  /** Whose key that is; null where it was not recorded. */
  principal_arn: string | null;
  called_at: string | null;
  started_at: string;
  kernel_started_at: string | null;
  reachable_at: string | null;
  end_cause: string | null;
  end_action: string | null;
  end_request_id: string | null;
  end_principal: string | null;
  end_principal_arn: string | null;
  end_called_at: string | null;
  end_requested_at: string | null;
  at_rest_at: string | null;
  end_clean: boolean | null;
  ended_at: string | null;
  cut_seconds: number | null;
  /** Whether its guest went on from a machine prepared in memory: then no kernel started. */
  from_memory: boolean;
  /** Why it did not, where it might have. */
  cold_because: string | null;
}

/** A stop of an instance whose guest's memory was to be kept. Times of what did not happen are null. */
export interface Hibernation {
  /** The boot that goes on with that memory. */
  boot_id: string;
  asked_at: string;
  request_id: string | null;
  principal: string | null;
  principal_arn: string | null;
  /** When its memory was saved. */
  suspended_at: string | null;
  size_bytes: number | null;
  /** When it went on. */
  resumed_at: string | null;
  resume_request_id: string | null;
  resume_principal: string | null;
  resume_principal_arn: string | null;
  /** When it was over otherwise: it did not come about, or what was saved was given up. */
  ended_at: string | null;
  because: string | null;
}

/** How a snapshot was cut, as `/_kumoniwa/snapshots/{id}` tells it. What is not known yet is null. */
export interface Cut {
  consistency: "at-rest" | "frozen" | "crash-consistent" | null;
  detail: string | null;
}
