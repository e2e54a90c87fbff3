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

/** What an action takes and gives, by its name. A page that calls another one adds its line. */
export interface Actions {
  CreateImage: [EC2.CreateImageRequest, EC2.CreateImageResult];
  DescribeImages: [EC2.DescribeImagesRequest, EC2.DescribeImagesResult];
  DescribeInstanceAttribute: [EC2.DescribeInstanceAttributeRequest, EC2.InstanceAttribute];
  DescribeInstances: [EC2.DescribeInstancesRequest, EC2.DescribeInstancesResult];
  DescribeInstanceStatus: [EC2.DescribeInstanceStatusRequest, EC2.DescribeInstanceStatusResult];
  DescribeRegions: [EC2.DescribeRegionsRequest, EC2.DescribeRegionsResult];
  DescribeSnapshots: [EC2.DescribeSnapshotsRequest, EC2.DescribeSnapshotsResult];
  DescribeVolumes: [EC2.DescribeVolumesRequest, EC2.DescribeVolumesResult];
  GetConsoleOutput: [EC2.GetConsoleOutputRequest, EC2.GetConsoleOutputResult];
  GetConsoleScreenshot: [EC2.GetConsoleScreenshotRequest, EC2.GetConsoleScreenshotResult];
  ModifyInstanceAttribute: [EC2.ModifyInstanceAttributeRequest, object];
  RebootInstances: [EC2.RebootInstancesRequest, object];
  StartInstances: [EC2.StartInstancesRequest, EC2.StartInstancesResult];
  StopInstances: [EC2.StopInstancesRequest, EC2.StopInstancesResult];
  TerminateInstances: [EC2.TerminateInstancesRequest, EC2.TerminateInstancesResult];
}

export type Action = keyof Actions;
export type Asked<A extends Action> = Wire<Actions[A][0]>;
export type Answered<A extends Action> = Wire<Actions[A][1]>;

export type Image = Wire<EC2.Image>;
export type Instance = Wire<EC2.Instance>;
export type InstanceStatus = Wire<EC2.InstanceStatus>;
export type Tag = Wire<EC2.Tag>;

/** One life of a guest's kernel, as `/_kumoniwa/instances/{id}/boots` tells it. Times that were not seen are null. */
export interface Boot {
  id: string;
  number: number;
  cause: string;
  action: string | null;
  request_id: string | null;
  started_at: string;
  kernel_started_at: string | null;
  reachable_at: string | null;
  end_cause: string | null;
  end_action: string | null;
  end_request_id: string | null;
  end_requested_at: string | null;
  at_rest_at: string | null;
  end_clean: boolean | null;
  ended_at: string | null;
  cut_seconds: number | null;
}
