/** The block device mappings of one image. */
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Image } from "../../api/types";
import { at } from "../../shell/place";
import { useText } from "../../texts/texts";

export function ImageStorage({ region, item: image }: { region: string; item: Image }): ReactNode {
  const text = useText();
  const devices = image.BlockDeviceMappings ?? [];
  return (
    <Table
      variant="container"
      header={<Header variant="h2" counter={`(${devices.length})`}>{text("image.devices")}</Header>}
      items={devices}
      trackBy="DeviceName"
      ariaLabels={{ tableLabel: text("image.devices") }}
      columnDefinitions={[
        { id: "device", header: text("volume.device"), cell: (device) => device.DeviceName, isRowHeader: true },
        {
          id: "snapshot",
          header: text("snapshot.id"),
          cell: ({ Ebs, VirtualName }) =>
            Ebs?.SnapshotId ? <Link href={at(region, "snapshots", Ebs.SnapshotId)}>{Ebs.SnapshotId}</Link> : (VirtualName ?? "–"),
        },
        { id: "size", header: text("volume.size"), cell: ({ Ebs }) => Ebs?.VolumeSize ?? "–" },
        { id: "type", header: text("volume.type"), cell: ({ Ebs }) => Ebs?.VolumeType ?? "–" },
        { id: "iops", header: text("volume.iops"), cell: ({ Ebs }) => Ebs?.Iops ?? "–" },
        {
          id: "end",
          header: text("volume.onTermination"),
          cell: ({ Ebs }) => (Ebs === undefined ? "–" : text(Ebs.DeleteOnTermination ? "volume.deleted" : "volume.kept")),
        },
      ]}
    />
  );
}
