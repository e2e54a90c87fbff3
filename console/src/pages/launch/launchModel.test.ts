import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { firstSubnet, firstType, inOrder, misfit, needsSubnet, networksOf } from "./choices";
import { addedDevice, devicesOf, ofType } from "./devices";
import { hindrances } from "./hindrances";
import { FIRST, freeGroupName, permissions, runParameters, withImage, type Form } from "./launchModel";
import { launchCommands } from "./launchCommands";
import { ofFile, ofText, wrongUserData } from "./userData";

const text = textsOf("en");

const image = {
  ImageId: "ami-1",
  Architecture: "x86_64" as const,
  VirtualizationType: "hvm" as const,
  RootDeviceName: "/dev/xvda",
  BlockDeviceMappings: [
    { DeviceName: "/dev/xvda", Ebs: { SnapshotId: "snap-1", VolumeSize: 8, VolumeType: "gp2" as const, DeleteOnTermination: true } },
    { DeviceName: "/dev/sdb", Ebs: { SnapshotId: "snap-2", VolumeSize: 4, VolumeType: "gp3" as const, Iops: 3000, Throughput: 125 } },
    { DeviceName: "/dev/sdc", VirtualName: "ephemeral0" },
  ],
};

const form = (more: Partial<Form> = {}): Form => ({
  ...withImage(FIRST, image),
  ...{ type: "t3.micro", key: null, vpcId: "vpc-1", firewall: "existing", groupIds: ["sg-1"] },
  ...more,
});

test("a form that changes nothing names no block device, and requires IMDSv2", () => {
  expect(runParameters(form(), image, ["sg-1"])).toEqual({
    ImageId: "ami-1",
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    SecurityGroupIds: ["sg-1"],
    MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: 2 },
  });
});

test("what is named, protected and chosen is in the call", () => {
  const all = form({
    name: "web",
    tags: { tags: [{ key: "team", value: "blue", existing: false }], valid: true },
    tagged: ["instance", "volume"],
    count: "3",
    key: "mine",
    subnetId: "subnet-1",
    stopProtection: true,
    terminationProtection: true,
    shutdown: "terminate",
    hibernation: true,
    credits: "unlimited",
    metadata: { enabled: true, tokens: "optional", hops: "3", tags: true },
    userData: ofText("#!/bin/sh\necho ü\n", false),
  });
  const Tags = [
    { Key: "Name", Value: "web" },
    { Key: "team", Value: "blue" },
  ];
  expect(runParameters(all, image, ["sg-1"])).toEqual({
    ImageId: "ami-1",
    InstanceType: "t3.micro",
    MinCount: 3,
    MaxCount: 3,
    KeyName: "mine",
    SubnetId: "subnet-1",
    SecurityGroupIds: ["sg-1"],
    TagSpecifications: [
      { ResourceType: "instance", Tags },
      { ResourceType: "volume", Tags },
    ],
    DisableApiStop: true,
    DisableApiTermination: true,
    InstanceInitiatedShutdownBehavior: "terminate",
    HibernationOptions: { Configured: true },
    CreditSpecification: { CpuCredits: "unlimited" },
    MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "optional", HttpPutResponseHopLimit: 3, InstanceMetadataTags: "enabled" },
    UserData: btoa("#!/bin/sh\necho \xc3\xbc\n"),
  });
});

test("where a public address is asked for, subnet and groups are those of the interface", () => {
  const asked = runParameters(form({ publicIp: "disable", subnetId: "subnet-1" }), image, ["sg-1"]);
  expect(asked).not.toHaveProperty("SubnetId");
  expect(asked).not.toHaveProperty("SecurityGroupIds");
  expect(asked.NetworkInterfaces).toEqual([
    { DeviceIndex: 0, AssociatePublicIpAddress: false, SubnetId: "subnet-1", Groups: ["sg-1"] },
  ]);
});

test("a metadata service that is off has no other options", () => {
  const off = form({ metadata: { enabled: false, tokens: "required", hops: "x", tags: true } });
  expect(runParameters(off, image, []).MetadataOptions).toEqual({ HttpEndpoint: "disabled" });
});

test("of the image's devices only what was changed is named, and what is left out", () => {
  const [root, data] = devicesOf(image);
  const devices = [
    { ...root!, size: "20", ...ofType("gp3") },
    { ...data!, isLeftOut: true },
  ];
  const added = { ...addedDevice(devices), size: "5", ...ofType("io2"), iops: "200" };
  expect(runParameters(form({ devices: [...devices, added] }), image, []).BlockDeviceMappings).toEqual([
    { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 20, VolumeType: "gp3", Iops: 3000, Throughput: 125 } },
    { DeviceName: "/dev/sdb", NoDevice: "" },
    { DeviceName: "/dev/sdc", Ebs: { VolumeSize: 5, VolumeType: "io2", Iops: 200, DeleteOnTermination: false } },
  ]);
});

test("a device that is to be encrypted says so, with its key", () => {
  const [root] = devicesOf(image);
  const added = { ...addedDevice([]), encryption: { encrypted: true, key: "alias/mine" } };
  const devices = [{ ...root!, encryption: { encrypted: true, key: "" } }, added];
  expect(runParameters(form({ devices }), image, []).BlockDeviceMappings).toMatchObject([
    { DeviceName: "/dev/xvda", Ebs: { Encrypted: true } },
    { DeviceName: "/dev/sdb", Ebs: { VolumeSize: 8, Encrypted: true, KmsKeyId: "alias/mine" } },
  ]);
});

test("a new security group admits whom it says", () => {
  const newGroup = { ...FIRST.newGroup, ssh: { from: "block" as const, block: "10.0.0.0/8" }, https: true };
  expect(permissions(form({ newGroup })).map(({ FromPort, IpRanges }) => [FromPort, IpRanges?.[0]?.CidrIp])).toEqual([
    [22, "10.0.0.0/8"],
    [443, "0.0.0.0/0"],
  ]);
  expect(permissions(form({ newGroup: { ...FIRST.newGroup, ssh: { from: "nobody" } } }))).toEqual([]);
  expect(freeGroupName(["launch-wizard-1", "default", "launch-wizard-3"])).toBe("launch-wizard-2");
});

test("every field that cannot be meant hinders in words of its own", () => {
  expect(hindrances(text, form())).toEqual([]);
  expect(hindrances(text, form(), true)).toEqual(["No subnet is chosen"]);
  expect(hindrances(text, { ...FIRST, devices: [] })).toEqual([
    "No AMI is chosen",
    "No instance type is chosen",
    "Neither a key pair is chosen, nor to proceed without one",
    "The new security group has no name",
    "The new security group has no description",
  ]);
  const [root] = devicesOf(image);
  const wrong = form({
    devices: [{ ...root!, size: "7" }, { ...addedDevice([]), size: "1.5" }, { ...addedDevice([]), name: "/dev/xvda", iops: "many" }],
    groupIds: [],
    count: "0",
    metadata: { enabled: true, tokens: "required", hops: "", tags: false },
    userData: ofText("%", true),
  });
  expect(hindrances(text, wrong)).toEqual([
    "No security group is chosen",
    "The size of a volume must be a whole number of at least 8 GiB",
    "The size of a volume must be a whole number of at least 1 GiB",
    "IOPS is not a whole number",
    "Two volumes have the device name /dev/xvda",
    "Metadata response hop limit is not a whole number",
    "User data is not base64",
    "The number of instances must be between 1 and 1000",
  ]);
  const newGroup = { name: "a", description: "b", ssh: { from: "block" as const, block: "here" }, https: false, http: false };
  expect(hindrances(text, form({ firewall: "new", newGroup }))).toEqual(["The source is not an IPv4 block such as 203.0.113.0/24"]);
});

test("user data has 16 KB at most, whatever its form", async () => {
  expect(wrongUserData(ofText("x".repeat(16_384), false))).toBeNull();
  expect(wrongUserData(ofText("x".repeat(16_385), false))).toBe("launch.userDataTooLong");
  expect(wrongUserData(ofText("ü".repeat(8_193), false))).toBe("launch.userDataTooLong");
  expect(wrongUserData(await ofFile(new File([new Uint8Array(16_385)], "big")))).toBe("launch.userDataTooLong");
  const file = await ofFile(new File([new Uint8Array([0x1f, 0x8b, 0, 255])], "setup.gz"));
  expect([file.base64, wrongUserData(file)]).toEqual(["H4sA/w==", null]);
});

const type = (name: string, more: object = {}) => ({
  InstanceType: name as "t3.micro",
  ProcessorInfo: { SupportedArchitectures: ["x86_64" as const] },
  SupportedVirtualizationTypes: ["hvm" as const],
  SupportedBootModes: ["legacy-bios" as const, "uefi" as const],
  ...more,
});

test("an image fits a type that runs its architecture and boots its firmware", () => {
  const xen = type("t2.micro", { SupportedBootModes: ["legacy-bios"] });
  expect(misfit(xen, { ...image, BootMode: "uefi" })).toBe("launch.misfitBoot");
  expect(misfit(xen, { ...image, BootMode: "uefi-preferred" })).toBeNull();
  expect(misfit(type("t3.micro"), { ...image, Architecture: "arm64" })).toBe("launch.misfitArchitecture");
  expect(misfit(type("t3.micro"), { ...image, Architecture: "i386" })).toBeNull();
  expect(misfit(type("t3.micro"), { ...image, VirtualizationType: "paravirtual" })).toBe("launch.misfitVirtualization");
  expect(firstType([xen, type("m5.large")], { ...image, BootMode: "uefi" })).toBe("m5.large");
});

test("types are in the order of their families and sizes", () => {
  const sized = (name: string, SizeInMiB: number) => type(name, { MemoryInfo: { SizeInMiB } });
  const all = [sized("t3.large", 8192), sized("c5.large", 4096), sized("t3.nano", 512), sized("t3.2xlarge", 32768), sized("t3a.nano", 512)];
  expect(inOrder(all).map(({ InstanceType }) => InstanceType)).toEqual(["c5.large", "t3.nano", "t3.large", "t3.2xlarge", "t3a.nano"]);
});

test("the command is the call, as the AWS CLI takes it", () => {
  const chosen = form({ count: "2", subnetId: "subnet-1", publicIp: "enable", userData: ofText("#!/bin/sh\necho it's", false) });
  expect(launchCommands(chosen, image, "us-east-1")).toEqual([
    "aws ec2 run-instances --region us-east-1 --image-id ami-1 --instance-type t3.micro" +
      ` --metadata-options '{"HttpEndpoint":"enabled","HttpTokens":"required","HttpPutResponseHopLimit":2}'` +
      " --count 2 --subnet-id subnet-1 --security-group-ids sg-1 --associate-public-ip-address" +
      ` --user-data '#!/bin/sh\necho it'"'"'s'`,
  ]);
});

test("user data that the AWS CLI would read otherwise comes by a pipe or as its file", async () => {
  const command = (userData: Form["userData"]): string => launchCommands(form({ userData }), image, "us-east-1")[0]!;
  expect(command(ofText("IyEvYmluL3No", true))).toMatch(/^printf %s IyEvYmluL3No \| base64 --decode \| aws .* --user-data fileb:\/\/\/dev\/stdin$/);
  expect(command(ofText("file:///etc/passwd", false))).toMatch(/^printf %s .* --user-data fileb:\/\/\/dev\/stdin$/);
  expect(command(ofText("--x", false))).toMatch(/^printf %s /);
  expect(command(await ofFile(new File(["#!"], "my setup.sh")))).toMatch(/ --user-data 'fileb:\/\/my setup.sh'$/);
});

test("where a security group is made, its id goes from command to command", () => {
  const newGroup = { ...FIRST.newGroup, name: "launch-wizard-1", description: "mine" };
  const [create, authorize, run] = launchCommands(form({ firewall: "new", newGroup }), image, "us-east-1");
  expect(create).toMatch(/^group=\$\(aws ec2 create-security-group .*--group-name launch-wizard-1 .*--query GroupId --output text\)$/);
  expect(authorize).toMatch(/--ip-permissions '\[.*\]' --group-id "\$group"$/);
  expect(run).toMatch(/ --security-group-ids "\$group"$/);
});

test("outside the default VPC a launch names a subnet, and the first one there is offered", () => {
  const vpcs = [{ VpcId: "vpc-1", IsDefault: true }, { VpcId: "vpc-2", IsDefault: false }, { VpcId: "vpc-3" }];
  const subnets = [{ SubnetId: "subnet-1", VpcId: "vpc-1" }, { SubnetId: "subnet-2", VpcId: "vpc-2" }];
  const networks = { vpcs, subnets, groups: [] };
  expect(vpcs.map(({ VpcId }) => needsSubnet(networks, VpcId))).toEqual([false, true, true]);
  expect(vpcs.map(({ VpcId }) => firstSubnet(networks, VpcId))).toEqual(["", "subnet-2", ""]);
});

test("a VPC's further blocks and the addresses that further ones of interfaces take are current in the wizard", () => {
  expect(networksOf("us-east-1").tables).toEqual(expect.arrayContaining(["secondary_addresses", "vpc_blocks"]));
});
