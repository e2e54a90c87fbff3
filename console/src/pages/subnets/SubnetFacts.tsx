/** What is known of a subnet. */
import type { ReactNode } from "react";
import { ipv6Blocks } from "../../resource/addressBlocks";
import { Facts } from "../../resource/Facts";
import { nameTag } from "../../resource/resource";
import { State } from "../../resource/State";
import { useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import type { SubnetRow } from "./model";

export function SubnetFacts({ region, item: { subnet, vpc, table, acl, ...row } }: { region: string; item: SubnetRow }): ReactNode {
  const text = useText();
  const said = (holds: boolean | undefined): string => text(holds ? "yes" : "no");
  const names = subnet.PrivateDnsNameOptionsOnLaunch;
  return (
    <Facts
      facts={[
        ["instance.subnet", row.id],
        ["subnet.arn", subnet.SubnetArn],
        ["vpc.state", <State state={row.state} />],
        ["vpc.ipv4", subnet.CidrBlock],
        ["subnet.free", subnet.AvailableIpAddressCount],
        ["vpc.ipv6", ipv6Blocks(subnet).join(", ")],
        ["instance.zone", `${subnet.AvailabilityZone} (${subnet.AvailabilityZoneId})`],
        ["launch.vpc", <IdLink region={region} id={subnet.VpcId} name={nameTag(vpc?.Tags)} />],
        ["subnet.table", <IdLink region={region} id={table?.RouteTableId} name={nameTag(table?.Tags)} />],
        ["subnet.acl", <IdLink region={region} id={acl?.NetworkAclId} name={nameTag(acl?.Tags)} />],
        ["subnet.isDefault", said(subnet.DefaultForAz)],
        ["subnet.autoPublic", said(subnet.MapPublicIpOnLaunch)],
        ["subnet.autoIpv6", said(subnet.AssignIpv6AddressOnCreation)],
        ["subnet.hostnameType", names?.HostnameType],
        ["subnet.resourceNameA", said(names?.EnableResourceNameDnsARecord)],
        ["subnet.resourceNameAaaa", said(names?.EnableResourceNameDnsAAAARecord)],
        ["subnet.dns64", said(subnet.EnableDns64)],
        ["ownerId", subnet.OwnerId],
      ]}
    />
  );
}
