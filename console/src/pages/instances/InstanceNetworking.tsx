/** Where one instance is in the network: its VPC and subnet, its addresses and names, its interfaces. */
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import { publicOf, secondaryOf } from "../network-interfaces/model";
import { IdLink } from "../vpcs/links";
import type { Row } from "./model";

export function InstanceNetworking({ region, item: { instance } }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <SpaceBetween size="m">
      <Facts
        facts={[
          ["instance.publicIp", instance.PublicIpAddress],
          ["instance.privateIp", instance.PrivateIpAddress],
          ["instance.vpc", <IdLink region={region} id={instance.VpcId} />],
          ["instance.publicDns", instance.PublicDnsName],
          ["instance.hostname", instance.PrivateDnsName],
          ["instance.subnet", <IdLink region={region} id={instance.SubnetId} />],
          ["instance.zone", instance.Placement?.AvailabilityZone],
          ["interface.checked", instance.SourceDestCheck === undefined ? undefined : text(instance.SourceDestCheck ? "yes" : "no")],
        ]}
      />
      <Table
        variant="container"
        header={<Header variant="h2">{text("interface.title")}</Header>}
        items={instance.NetworkInterfaces ?? []}
        wrapLines
        empty={text("none")}
        ariaLabels={{ tableLabel: text("interface.title") }}
        columnDefinitions={[
          { id: "id", header: text("interface.id"), cell: (one) => <IdLink region={region} id={one.NetworkInterfaceId} />, isRowHeader: true },
          { id: "index", header: text("interface.deviceIndex"), cell: (one) => one.Attachment?.DeviceIndex },
          { id: "private", header: text("instance.privateIp"), cell: (one) => one.PrivateIpAddress },
          { id: "secondary", header: text("eni.secondary"), cell: (one) => secondaryOf(one).join(", ") || "–" },
          { id: "name", header: text("instance.hostname"), cell: (one) => one.PrivateDnsName },
          { id: "public", header: text("instance.publicIp"), cell: (one) => publicOf(one).join(", ") || "–" },
          { id: "mac", header: text("interface.mac"), cell: (one) => one.MacAddress },
          { id: "subnet", header: text("instance.subnet"), cell: (one) => <IdLink region={region} id={one.SubnetId} /> },
          { id: "groups", header: text("instance.groups"), cell: (one) => (one.Groups ?? []).map(({ GroupName }) => GroupName).join(", ") },
          { id: "status", header: text("interface.status"), cell: (one) => <State state={one.Attachment?.Status ?? one.Status ?? ""} /> },
          { id: "attached", header: text("interface.attached"), cell: (one) => moment(one.Attachment?.AttachTime) },
          {
            id: "end",
            header: text("volume.onTermination"),
            cell: (one) => text(one.Attachment?.DeleteOnTermination ? "volume.deleted" : "volume.kept"),
          },
        ]}
      />
    </SpaceBetween>
  );
}
