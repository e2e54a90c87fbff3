/** EC2's "VPC and more" as the calls that make it. Pure. */
import type { Asked, ResourceType } from "../../api/types";
import type { Text } from "../../texts/texts";
import { link, type Link, type Made } from "./chain";
import { natParts, type Form, type Part } from "./parts";

/** The calls, in the order in which EC2's console makes them. */
export function linksOf(text: Text, form: Form, parts: readonly Part[]): Link[] {
  const project = form.project.trim();
  const name = (kind: string): string => (project === "" ? kind : `${project}-${kind}`);
  const tagged = (of: ResourceType, kind: string): Pick<Asked<"CreateVpc">, "TagSpecifications"> =>
    project === "" ? {} : { TagSpecifications: [{ ResourceType: of, Tags: [{ Key: "Name", Value: name(kind) }] }] };
  const nats = natParts(form, parts);
  const publics = parts.filter(({ kind }) => kind === "public");
  const inVpc = (made: Made): { VpcId: string } => ({ VpcId: made("VPC") });
  const attribute = (member: "EnableDnsHostnames" | "EnableDnsSupport", value: boolean): Link =>
    link(`${member} = ${value}`, "ModifyVpcAttribute", (made) => ({ ...inVpc(made), [member]: { Value: value } }));
  const tableFor = (variable: string, kind: string, used: readonly Part[], route?: { words: string; to: (made: Made) => object }): Link[] => [
    link(name(kind), "CreateRouteTable", (made) => ({ ...inVpc(made), ...tagged("route-table", kind) }), {
      name: variable,
      query: "RouteTable.RouteTableId",
    }),
    ...(route === undefined
      ? []
      : [
          link(route.words, "CreateRoute", (made) => ({
            RouteTableId: made(variable),
            DestinationCidrBlock: "0.0.0.0/0",
            ...route.to(made),
          })),
        ]),
    ...used.map((part) =>
      link(text("chain.join", { one: name(kind), other: name(`subnet-${part.suffix}`) }), "AssociateRouteTable", (made) => ({
        RouteTableId: made(variable),
        SubnetId: made(subnet(part)),
      })),
    ),
  ];
  return [
    link(
      name("vpc"),
      "CreateVpc",
      { CidrBlock: form.block, ...(form.tenancy === "dedicated" && { InstanceTenancy: form.tenancy }), ...tagged("vpc", "vpc") },
      { name: "VPC", query: "Vpc.VpcId" },
    ),
    // Both have a value already: only what differs is set, and names need the resolver.
    ...(form.resolution ? [] : [attribute("EnableDnsSupport", false)]),
    ...(form.hostnames ? [attribute("EnableDnsHostnames", true)] : []),
    ...parts.map((part) =>
      link(
        text("chain.makeSubnet", { name: name(`subnet-${part.suffix}`), block: part.block, zone: part.zone }),
        "CreateSubnet",
        (made) => ({
          ...inVpc(made),
          CidrBlock: part.block,
          AvailabilityZone: part.zone,
          ...tagged("subnet", `subnet-${part.suffix}`),
        }),
        { name: subnet(part), query: "Subnet.SubnetId" },
      ),
    ),
    ...(publics.length === 0
      ? []
      : [
          link(name("igw"), "CreateInternetGateway", () => tagged("internet-gateway", "igw"), {
            name: "IGW",
            query: "InternetGateway.InternetGatewayId",
          }),
          link(text("chain.join", { one: name("igw"), other: name("vpc") }), "AttachInternetGateway", (made) => ({
            ...inVpc(made),
            InternetGatewayId: made("IGW"),
          })),
          ...tableFor("RTB_PUBLIC", "rtb-public", publics, {
            words: text("chain.route", { to: name("igw") }),
            to: (made) => ({ GatewayId: made("IGW") }),
          }),
        ]),
    ...nats.flatMap((part) => [
      link(name(`eip-${part.zone}`), "AllocateAddress", () => ({ Domain: "vpc", ...tagged("elastic-ip", `eip-${part.zone}`) }), {
        name: `EIP_${part.number}`,
        query: "AllocationId",
      }),
      link(
        text("chain.makeIn", { name: name(`nat-${part.suffix}`), where: name(`subnet-${part.suffix}`) }),
        "CreateNatGateway",
        (made) => ({
          SubnetId: made(subnet(part)),
          AllocationId: made(`EIP_${part.number}`),
          ...tagged("natgateway", `nat-${part.suffix}`),
        }),
        { name: `NAT_${part.number}`, query: "NatGateway.NatGatewayId" },
      ),
    ]),
    ...parts
      .filter(({ kind }) => kind === "private")
      .flatMap((part) => {
        const nat = nats.find(({ zone }) => zone === part.zone) ?? nats[0];
        const route = nat && {
          words: text("chain.route", { to: name(`nat-${nat.suffix}`) }),
          to: (made: Made) => ({ NatGatewayId: made(`NAT_${nat.number}`) }),
        };
        return tableFor(`RTB_PRIVATE_${part.number}`, `rtb-${part.suffix}`, [part], route);
      }),
  ];
}

function subnet({ kind, number }: Part): string {
  return `SUBNET_${kind.toUpperCase()}_${number}`;
}
