/** What is known of one network interface, and its private addresses with the public ones that lead to them. */
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { nameTag } from "../../resource/resource";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import { GroupLinks } from "../security-groups/words";
import { IdLink } from "../vpcs/links";
import { EffectHere } from "./EffectHere";
import type { InterfaceRow } from "./model";

export function InterfaceFacts({ region, item: row }: { region: string; item: InterfaceRow }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { eni } = row;
  const { Attachment } = eni;
  const yes = (is: boolean | undefined): string => text(is ? "yes" : "no");
  const addresses = eni.PrivateIpAddresses ?? [];
  return (
    <SpaceBetween size="m">
      <EffectHere region={region} row={row} />
      <Facts
        facts={[
          ["eni.id", row.id],
          ["instance.name", row.name],
          ["eni.description", eni.Description],
          ["eni.status", <State state={eni.Status ?? ""} />],
          ["eni.type", eni.InterfaceType],
          ["instance.groups", <GroupLinks region={region} groups={eni.Groups ?? []} />],
          ["instance.vpc", <IdLink region={region} id={eni.VpcId} />],
          ["instance.subnet", <IdLink region={region} id={eni.SubnetId} />],
          ["instance.zone", eni.AvailabilityZone],
          ["eni.privateIp", eni.PrivateIpAddress],
          ["instance.hostname", eni.PrivateDnsName],
          ["instance.publicIp", eni.Association?.PublicIp],
          ["interface.mac", eni.MacAddress],
          ["interface.checked", text(eni.SourceDestCheck ? "enabled" : "disabled")],
          ["eni.owner", eni.OwnerId],
          ["eni.requesterManaged", yes(eni.RequesterManaged)],
        ]}
      />
      {Attachment && (
        <Facts
          title="eni.attachment"
          facts={[
            ["instance.id", <IdLink region={region} id={Attachment.InstanceId} name={nameTag(row.instance?.Tags)} />],
            ["eni.attachmentId", Attachment.AttachmentId],
            ["eni.attachmentStatus", <State state={Attachment.Status ?? ""} />],
            ["interface.deviceIndex", Attachment.DeviceIndex],
            ["interface.attached", moment(Attachment.AttachTime)],
            ["volume.deleteOnTermination", yes(Attachment.DeleteOnTermination)],
          ]}
        />
      )}
      <Table
        variant="container"
        header={<Header variant="h2" counter={`(${addresses.length})`}>{text("eni.addresses")}</Header>}
        items={addresses}
        wrapLines
        ariaLabels={{ tableLabel: text("eni.addresses") }}
        columnDefinitions={[
          { id: "private", header: text("eip.privateIp"), cell: (one) => one.PrivateIpAddress, isRowHeader: true },
          { id: "primary", header: text("eni.primary"), cell: (one) => yes(one.Primary) },
          { id: "name", header: text("instance.hostname"), cell: (one) => one.PrivateDnsName ?? "–" },
          { id: "public", header: text("instance.publicIp"), cell: (one) => one.Association?.PublicIp ?? "–" },
          {
            id: "allocation",
            header: text("eip.allocationId"),
            cell: (one) => <IdLink region={region} id={one.Association?.AllocationId} />,
          },
          { id: "association", header: text("eip.associationId"), cell: (one) => one.Association?.AssociationId ?? "–" },
        ]}
      />
    </SpaceBetween>
  );
}
