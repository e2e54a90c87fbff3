/** The form of the launch wizard, and the parameters of RunInstances that it comes to. Pure. */
import type { Asked, Image } from "../../api/types";
import { NO_TAGS, wanted, type EditedTags } from "../../resource/tags";
import { devicesOf, mappings, type Device } from "./devices";
import { NO_USER_DATA, type UserData } from "./userData";

/** What the tags of a launch can be given to. */
export const TAGGED = ["instance", "volume", "network-interface"] as const;
export type Tagged = (typeof TAGGED)[number];

/** Who may reach a port: nobody, everybody, or one block of addresses. */
export type Source = { from: "nobody" | "anywhere" } | { from: "block"; block: string };

/** A security group that the launch makes. */
export interface NewGroup {
  name: string;
  description: string;
  ssh: Source;
  https: boolean;
  http: boolean;
}

/** `undefined`: not chosen yet. `null`: without a key pair. */
export type KeyChoice = string | null | undefined;

export interface Form {
  name: string;
  tags: EditedTags;
  tagged: readonly Tagged[];
  count: string;
  imageId: string;
  type: string;
  key: KeyChoice;
  vpcId: string;
  /** Empty: the default subnet of a zone that the cloud chooses. */
  subnetId: string;
  publicIp: "subnet" | "enable" | "disable";
  firewall: "new" | "existing";
  newGroup: NewGroup;
  groupIds: readonly string[];
  devices: readonly Device[];
  stopProtection: boolean;
  terminationProtection: boolean;
  shutdown: "stop" | "terminate";
  /** Whether it can be hibernated: that is never decided later. */
  hibernation: boolean;
  /** Empty: what the instance type has by default. */
  credits: "" | "standard" | "unlimited";
  metadata: { enabled: boolean; tokens: "required" | "optional"; hops: string; tags: boolean };
  userData: UserData;
}

export type RunParameters = Asked<"RunInstances">;

/** What EC2's console offers before anything is chosen. */
export const FIRST: Form = {
  name: "",
  tags: NO_TAGS,
  tagged: ["instance"],
  count: "1",
  imageId: "",
  type: "",
  key: undefined,
  vpcId: "",
  subnetId: "",
  publicIp: "subnet",
  firewall: "new",
  newGroup: { name: "", description: "", ssh: { from: "anywhere" }, https: false, http: false },
  groupIds: [],
  devices: [],
  stopProtection: false,
  terminationProtection: false,
  shutdown: "stop",
  hibernation: false,
  credits: "",
  metadata: { enabled: true, tokens: "required", hops: "2", tags: false },
  userData: NO_USER_DATA,
};

/** The form with another image: its block devices are those of the image. */
export function withImage(form: Form, image: Image): Form {
  return { ...form, imageId: image.ImageId ?? "", devices: devicesOf(image) };
}

/** The whole number that a field holds; undefined where it holds something else. */
export function whole(field: string): number | undefined {
  return /^\d{1,9}$/.test(field) ? Number(field) : undefined;
}

/** The call that the form comes to. `groupIds` are the security groups, also where the launch makes one. */
export function runParameters(form: Form, image: Image, groupIds: readonly string[]): RunParameters {
  const count = whole(form.count) ?? 1;
  const [changed, tags, data] = [mappings(form.devices, image), tagSpecifications(form), form.userData];
  return {
    ImageId: form.imageId,
    InstanceType: form.type as RunParameters["InstanceType"],
    MinCount: count,
    MaxCount: count,
    ...(typeof form.key === "string" && { KeyName: form.key }),
    ...network(form, groupIds),
    ...(changed.length > 0 && { BlockDeviceMappings: changed }),
    ...(tags.length > 0 && { TagSpecifications: tags }),
    ...(form.stopProtection && { DisableApiStop: true }),
    ...(form.terminationProtection && { DisableApiTermination: true }),
    ...(form.shutdown === "terminate" && { InstanceInitiatedShutdownBehavior: "terminate" }),
    ...(form.hibernation && { HibernationOptions: { Configured: true } }),
    ...(form.credits !== "" && { CreditSpecification: { CpuCredits: form.credits } }),
    MetadataOptions: metadataOptions(form),
    ...(data.base64 !== "" && { UserData: data.base64 }),
  };
}

/** A public address that is asked for makes EC2 want the whole network interface. */
function network(form: Form, groupIds: readonly string[]): Partial<RunParameters> {
  const groups = [...groupIds];
  if (form.publicIp === "subnet") {
    return {
      ...(form.subnetId !== "" && { SubnetId: form.subnetId }),
      ...(groups.length > 0 && { SecurityGroupIds: groups }),
    };
  }
  const only = {
    DeviceIndex: 0,
    AssociatePublicIpAddress: form.publicIp === "enable",
    ...(form.subnetId !== "" && { SubnetId: form.subnetId }),
    ...(groups.length > 0 && { Groups: groups }),
  };
  return { NetworkInterfaces: [only] };
}

function tagSpecifications(form: Form): NonNullable<RunParameters["TagSpecifications"]> {
  const named = form.name === "" ? [] : [{ Key: "Name", Value: form.name }];
  const Tags = [...named, ...wanted(form.tags)];
  return Tags.length === 0 ? [] : form.tagged.map((ResourceType) => ({ ResourceType, Tags }));
}

function metadataOptions({ metadata }: Form): RunParameters["MetadataOptions"] {
  if (!metadata.enabled) return { HttpEndpoint: "disabled" };
  return {
    HttpEndpoint: "enabled",
    HttpTokens: metadata.tokens,
    HttpPutResponseHopLimit: whole(metadata.hops),
    ...(metadata.tags && { InstanceMetadataTags: "enabled" }),
  };
}

/** The call that makes the launch's security group. */
export function groupParameters({ newGroup, vpcId }: Form): Asked<"CreateSecurityGroup"> {
  return { GroupName: newGroup.name, Description: newGroup.description, VpcId: vpcId };
}

const EVERYBODY = "0.0.0.0/0";

/** What the launch's new security group admits: `[]` where it admits nothing. */
export function permissions({ newGroup }: Form): NonNullable<Asked<"AuthorizeSecurityGroupIngress">["IpPermissions"]> {
  const { ssh, https, http } = newGroup;
  const block = ssh.from === "block" ? ssh.block : EVERYBODY;
  const tcp = (port: number, CidrIp: string) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp }] });
  return [
    ...(ssh.from === "nobody" ? [] : [tcp(22, block)]),
    ...(https ? [tcp(443, EVERYBODY)] : []),
    ...(http ? [tcp(80, EVERYBODY)] : []),
  ];
}

/** The name of a security group that the console's own names have not used yet. */
export function freeGroupName(taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const name = `launch-wizard-${number}`;
    if (!taken.includes(name)) return name;
  }
}
