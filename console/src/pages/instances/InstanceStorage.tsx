/** The volumes of one instance. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { Row } from "./model";

export function InstanceStorage({ item: row }: { item: Row }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={<Header variant="h2">{text("instance.volumes")}</Header>}
      items={row.instance.BlockDeviceMappings ?? []}
      ariaLabels={{ tableLabel: text("instance.volumes") }}
      columnDefinitions={[
        { id: "device", header: text("volume.device"), cell: (device) => device.DeviceName, isRowHeader: true },
        { id: "volume", header: text("volume.id"), cell: (device) => device.Ebs?.VolumeId },
        {
          id: "end",
          header: text("volume.onTermination"),
          cell: (device) => text(device.Ebs?.DeleteOnTermination ? "volume.deleted" : "volume.kept"),
        },
      ]}
    />
  );
}
