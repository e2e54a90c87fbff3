/** What has a volume: the instance, the device, the state of the attachment, as EC2's console writes it. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { at } from "../../shell/place";
import { instanceLabel, type VolumeRow } from "./model";

export function AttachedTo({ region, row }: { region: string; row: VolumeRow }): ReactNode {
  const { attachment } = row;
  if (attachment === undefined) return "–";
  return (
    <>
      <Link href={at(region, "instances", attachment.InstanceId)}>{instanceLabel(row)}</Link>: {attachment.Device} (
      {attachment.State})
    </>
  );
}

export function attachedText(row: VolumeRow): string {
  const { attachment } = row;
  return attachment === undefined ? "" : `${instanceLabel(row)}: ${attachment.Device} (${attachment.State})`;
}
