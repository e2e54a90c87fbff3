/** Deleting a VPC with what is in it: what must be gone before, and the calls that delete the rest. Pure. */
import type { Tag } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import type { Text, TextKey } from "../../texts/texts";
import { link, type Link } from "./chain";
import { mainTableOf, type Network } from "./network";

/** What the reader must delete before: nothing is done to it here. */
export interface Blocker {
  id: string;
  name: string;
  why: TextKey;
}

/** Instances, NAT gateways and interfaces: EC2's console leaves them to the reader, too. */
export function blockersOf({ interfaces, natGateways, instances }: Network): Blocker[] {
  const blocker = (id: string, tags: readonly Tag[] | undefined, why: TextKey): Blocker => ({ id, name: nameTag(tags), why });
  const nats = natGateways.filter(({ State }) => State !== "failed"); // such a one is only shown for a while
  const ofNats = new Set(nats.flatMap((one) => (one.NatGatewayAddresses ?? []).map(({ NetworkInterfaceId }) => NetworkInterfaceId)));
  return [
    ...[...instances].map(([id, { Tags }]) => blocker(id, Tags, "deleteVpc.instance")),
    ...nats.map(({ NatGatewayId = "", Tags }) => blocker(NatGatewayId, Tags, "deleteVpc.nat")),
    ...interfaces
      .filter(({ NetworkInterfaceId, Attachment }) => !ofNats.has(NetworkInterfaceId) && !instances.has(Attachment?.InstanceId ?? ""))
      .map(({ NetworkInterfaceId = "", TagSet }) => blocker(NetworkInterfaceId, TagSet, "deleteVpc.interface")),
  ];
}

/** The calls that delete what is in the VPC, and the VPC at last. */
export function deletionOf(text: Text, network: Network): Link[] {
  const VpcId = network.vpc.VpcId ?? "";
  const main = mainTableOf(network.tables);
  const groups = network.groups.filter(({ GroupName }) => GroupName !== "default");
  const words = (id: string, tags: readonly Tag[] | undefined): string => text("chain.delete", { name: label(id, nameTag(tags)) });
  return [
    ...network.internetGateways.flatMap(({ InternetGatewayId = "", Tags }) => [
      link(text("chain.detach", { name: label(InternetGatewayId, nameTag(Tags)) }), "DetachInternetGateway", { InternetGatewayId, VpcId }),
      link(words(InternetGatewayId, Tags), "DeleteInternetGateway", { InternetGatewayId }),
    ]),
    ...network.egressOnlyGateways.map(({ EgressOnlyInternetGatewayId = "", Tags }) =>
      link(words(EgressOnlyInternetGatewayId, Tags), "DeleteEgressOnlyInternetGateway", { EgressOnlyInternetGatewayId }),
    ),
    ...network.subnets.map(({ SubnetId = "", Tags }) => link(words(SubnetId, Tags), "DeleteSubnet", { SubnetId })),
    ...network.tables
      .filter((table) => table !== main)
      .map(({ RouteTableId = "", Tags }) => link(words(RouteTableId, Tags), "DeleteRouteTable", { RouteTableId })),
    ...network.acls
      .filter(({ IsDefault }) => !IsDefault)
      .map(({ NetworkAclId = "", Tags }) => link(words(NetworkAclId, Tags), "DeleteNetworkAcl", { NetworkAclId })),
    ...revocations(text, network, new Set(groups.map(({ GroupId }) => GroupId))),
    ...groups.map(({ GroupId = "", GroupName = "" }) =>
      link(text("chain.delete", { name: label(GroupId, GroupName) }), "DeleteSecurityGroup", { GroupId }),
    ),
    link(words(VpcId, network.vpc.Tags), "DeleteVpc", { VpcId }),
  ];
}

/** Rules of other groups that name a group hinder its deletion. */
function revocations(text: Text, { rules }: Network, gone: ReadonlySet<string | undefined>): Link[] {
  const naming = rules.filter(({ GroupId, ReferencedGroupInfo: named }) => named?.GroupId !== GroupId && gone.has(named?.GroupId));
  const found = new Map<string, string[]>();
  for (const { GroupId, IsEgress, SecurityGroupRuleId = "" } of naming) {
    const key = `${IsEgress ? "Egress" : "Ingress"} ${GroupId}`;
    found.set(key, [...(found.get(key) ?? []), SecurityGroupRuleId]);
  }
  return [...found].map(([key, SecurityGroupRuleIds]) => {
    const [way, GroupId = ""] = key.split(" ");
    const said = text("chain.revoke", { rules: SecurityGroupRuleIds.join(", "), group: GroupId });
    return link(said, way === "Egress" ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress", { GroupId, SecurityGroupRuleIds });
  });
}
