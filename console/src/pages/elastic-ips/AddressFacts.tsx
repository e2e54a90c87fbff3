/** What is known of one Elastic IP address, and which ports of this machine answer at it. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { InstancePorts } from "../instances/InstancePorts";
import { IdLink } from "../vpcs/links";
import type { AddressRow } from "./model";

export function AddressFacts({ region, item: row }: { region: string; item: AddressRow }): ReactNode {
  const text = useText();
  const { address, to } = row;
  const { PublicIp = "", InstanceId } = address;
  return (
    <SpaceBetween size="m">
      <Alert type="info">{text(to === undefined ? "eip.hereFree" : "eip.here", { address: PublicIp })}</Alert>
      <Facts
        facts={[
          ["eip.address", PublicIp],
          ["eip.type", text("eip.public")],
          ["eip.allocationId", row.id],
          ["eip.associationId", address.AssociationId],
          ["eip.scope", address.Domain?.toUpperCase()],
          ["eip.instance", <IdLink region={region} id={InstanceId} name={nameTag(to?.instance?.Tags)} />],
          ["eip.privateIp", address.PrivateIpAddress],
          ["eni.id", <IdLink region={region} id={address.NetworkInterfaceId} />],
          ["eip.owner", address.NetworkInterfaceOwnerId],
          ["eip.pool", text("eip.amazon")],
          ["eip.border", address.NetworkBorderGroup],
        ]}
      />
      {InstanceId !== undefined && <InstancePorts region={region} id={InstanceId} address={PublicIp} />}
    </SpaceBetween>
  );
}
