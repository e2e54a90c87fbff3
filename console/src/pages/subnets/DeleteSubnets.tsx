/** Delete subnets, in which no network interface may be. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { interfacesIn, rowLabel, type SubnetRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<SubnetRow>;
  close: () => void;
}

export function DeleteSubnets({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const ids = items.map(({ id }) => id).join();
  const { value: interfaces = [] } = useListing(useMemo(() => interfacesIn(region, ids.split(",")), [region, ids]));
  const used = ({ id }: SubnetRow): string =>
    interfaces
      .filter(({ SubnetId }) => SubnetId === id)
      .map(({ NetworkInterfaceId, Attachment, Description }) => `${NetworkInterfaceId} (${Attachment?.InstanceId ?? (Description || "–")})`)
      .join(", ");
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("deleteSubnet.title", { count: items.length })}
      what={text("action.deleteSubnet")}
      action="DeleteSubnet"
      parameters={(row) => ({ SubnetId: row.id })}
      prospect={({ subnet }) => ({
        type: "warning",
        text: text(subnet.DefaultForAz ? "deleteSubnet.willDefault" : "deleteSubnet.will", {
          block: subnet.CidrBlock ?? "",
          zone: subnet.AvailabilityZone ?? "",
        }),
      })}
      why={(row) => (used(row) === "" ? null : text("deleteSubnet.used", { interfaces: used(row) }))}
      stateOf={used}
      close={close}
    />
  );
}
