// A life of instances in the words of the SDK for JavaScript v3: what programs write with waiters and paginators.
// Prints as JSON what the SDK made of the answers.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.CLIENT_FOLDER}/`);
const sdk = require("@aws-sdk/client-ec2");

// The region, the endpoint and the key come from the environment, as everywhere.
const ec2 = new sdk.EC2Client({ maxAttempts: 1 });
const told = {};

async function all(pages, read) {
  const found = [];
  for await (const page of pages) found.push(...read(page));
  return found;
}

const waiting = { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };

const { Images } = await ec2.send(new sdk.DescribeImagesCommand({ Owners: ["self"] }));
told.images = Images.map((image) => image.Name);

const launched = await ec2.send(
  new sdk.RunInstancesCommand({
    ImageId: Images[0].ImageId,
    InstanceType: "t3.micro",
    MinCount: 7,
    MaxCount: 7,
    UserData: Buffer.from("#!/bin/sh\ntrue\n").toString("base64"),
    TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "javascript & <co>" }] }],
  }),
);
const InstanceIds = launched.Instances.map((instance) => instance.InstanceId);
told.launchedAt = launched.Instances.every((instance) => instance.LaunchTime instanceof Date);
told.running = (await sdk.waitUntilInstanceRunning(waiting, { InstanceIds })).state;
told.ok = (await sdk.waitUntilInstanceStatusOk(waiting, { InstanceIds })).state;

const herd = [{ Name: "tag:Name", Values: ["javascript & <co>"] }];
const pages = [];
for await (const page of sdk.paginateDescribeInstances({ client: ec2, pageSize: 5 }, { Filters: herd })) {
  pages.push(page.Reservations.flatMap((reservation) => reservation.Instances));
}
told.pages = pages.map((page) => page.length);
told.paged = pages.flat().map((instance) => instance.InstanceId).sort().join() === [...InstanceIds].sort().join();
const types = await all(sdk.paginateDescribeInstanceTypes({ client: ec2, pageSize: 5 }, {}), (page) => page.InstanceTypes);
told.memory = types.find((type) => type.InstanceType === "t3.micro").MemoryInfo.SizeInMiB;
told.once = types.length > 5 && new Set(types.map((type) => type.InstanceType)).size === types.length;

const [first, ...others] = InstanceIds;
const made = await ec2.send(new sdk.CreateImageCommand({ InstanceId: first, Name: "javascript", NoReboot: true }));
told.image = (await sdk.waitUntilImageAvailable(waiting, { ImageIds: [made.ImageId] })).state;
const described = await ec2.send(new sdk.DescribeImagesCommand({ ImageIds: [made.ImageId] }));
const { SnapshotId } = described.Images[0].BlockDeviceMappings[0].Ebs;
told.snapshot = (await sdk.waitUntilSnapshotCompleted(waiting, { SnapshotIds: [SnapshotId] })).state;

const volume = await ec2.send(
  new sdk.CreateVolumeCommand({ AvailabilityZone: launched.Instances[0].Placement.AvailabilityZone, Size: 1 }),
);
const VolumeIds = [volume.VolumeId];
told.volume = (await sdk.waitUntilVolumeAvailable(waiting, { VolumeIds })).state;
await ec2.send(new sdk.AttachVolumeCommand({ VolumeId: volume.VolumeId, InstanceId: first, Device: "/dev/sdf" }));
told.attached = (await sdk.waitUntilVolumeInUse(waiting, { VolumeIds })).state;
await ec2.send(new sdk.DetachVolumeCommand({ VolumeId: volume.VolumeId }));
await sdk.waitUntilVolumeAvailable(waiting, { VolumeIds });
await ec2.send(new sdk.DeleteVolumeCommand({ VolumeId: volume.VolumeId }));
told.deleted = (await sdk.waitUntilVolumeDeleted(waiting, { VolumeIds })).state;

async function refusal(command) {
  try {
    await ec2.send(command);
    return null;
  } catch (error) {
    return [error.name, error instanceof sdk.EC2ServiceException, error.$metadata.httpStatusCode];
  }
}
told.unknown = await refusal(new sdk.DescribeInstancesCommand({ InstanceIds: ["i-0123456789abcdef0"] }));
told.dryRun = await refusal(new sdk.StopInstancesCommand({ InstanceIds: [first], DryRun: true }));

await ec2.send(new sdk.StopInstancesCommand({ InstanceIds: [first] }));
told.stopped = (await sdk.waitUntilInstanceStopped(waiting, { InstanceIds: [first] })).state;
await ec2.send(new sdk.DeregisterImageCommand({ ImageId: made.ImageId, DeleteAssociatedSnapshots: true }));
await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [first, ...others] }));
told.terminated = (await sdk.waitUntilInstanceTerminated(waiting, { InstanceIds })).state;
console.log(JSON.stringify(told));
