/** The volumes of one instance, and its root device. */
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { evidenceOf } from "./evidence";
import { attachedTo, type Row } from "./model";

export function InstanceStorage({ region, item: row }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: volumes } = useListing(useMemo(() => attachedTo(region, row.id), [region, row.id]));
  const { value: known } = useListing(useMemo(() => evidenceOf(region, row.id), [region, row.id]));
  const devices = (row.instance.BlockDeviceMappings ?? []).map((device) => ({
    device,
    volume: volumes?.find((one) => one.VolumeId === device.Ebs?.VolumeId),
  }));
  return (
    <SpaceBetween size="l">
      <Facts
        title="storage.root"
        facts={[
          ["instance.rootName", row.instance.RootDeviceName],
          ["instance.rootType", row.instance.RootDeviceType?.toUpperCase()],
          ["storage.bus", known && text(known.disk_bus === "nvme" ? "storage.nvme" : "storage.virtio")],
          ["instance.ebsOptimized", text(row.instance.EbsOptimized ? "enabled" : "disabled")],
        ]}
      />
      <Table
        variant="container"
        header={<Header variant="h2" counter={`(${devices.length})`}>{text("storage.devices")}</Header>}
        items={devices}
        empty={text("state.will.terminateNone")}
        wrapLines
        ariaLabels={{ tableLabel: text("storage.devices") }}
        columnDefinitions={[
          {
            id: "volume",
            header: text("volume.id"),
            cell: ({ device: { Ebs } }) => <Link href={at(region, "volumes", Ebs?.VolumeId)}>{Ebs?.VolumeId}</Link>,
            isRowHeader: true,
            minWidth: 200,
          },
          { id: "device", header: text("volume.device"), cell: ({ device }) => device.DeviceName },
          { id: "size", header: text("volume.size"), cell: ({ volume }) => volume?.Size ?? "–" },
          { id: "type", header: text("volume.type"), cell: ({ volume }) => volume?.VolumeType ?? "–" },
          { id: "state", header: text("volume.attachment"), cell: ({ device }) => <State state={device.Ebs?.Status ?? ""} /> },
          { id: "attached", header: text("volume.attached"), cell: ({ device }) => moment(device.Ebs?.AttachTime), minWidth: 200 },
          { id: "encrypted", header: text("volume.encrypted"), cell: ({ volume }) => (volume?.Encrypted ? text("yes") : text("no")) },
          {
            id: "end",
            header: text("volume.deleteOnTermination"),
            cell: ({ device }) => text(device.Ebs?.DeleteOnTermination ? "yes" : "no"),
          },
        ]}
      />
    </SpaceBetween>
  );
}
