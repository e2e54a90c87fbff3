/** What is known of one instance, in the order of EC2's console. */
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { keyPairsOf } from "../key-pairs/model";
import { GroupLinks } from "../security-groups/words";
import { wayText } from "./causes";
import { bootsOf, creditsOf, imageOf, isHibernatable, protectionsOf, shutdownBehaviorOf, type Row } from "./model";
import { StatusChecks } from "./StatusChecks";

export function InstanceFacts({ region, item: row }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const instance = row.instance;
  const imageId = instance.ImageId ?? "";
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const { value: behavior } = useListing(useMemo(() => shutdownBehaviorOf(region, row.id), [region, row.id]));
  const { value: credits } = useListing(useMemo(() => creditsOf(region, row), [region, row]));
  const { value: image } = useListing(useMemo(() => imageOf(region, imageId), [region, imageId]));
  const { value: pairs } = useListing(useMemo(() => keyPairsOf(region), [region]));
  const { value: boots } = useListing(useMemo(() => bootsOf(region, row.id), [region, row.id]));
  const boot = boots?.at(-1);
  const pair = pairs?.find(({ KeyName }) => KeyName === instance.KeyName); // which may be deleted since
  const groups = instance.SecurityGroups ?? [];
  const isOn = (value: boolean | undefined): string => (value === undefined ? "–" : text(value ? "enabled" : "disabled"));
  const metadata = instance.MetadataOptions ?? {};
  const cpu = instance.CpuOptions ?? {};
  const vcpus = (cpu.CoreCount ?? 0) * (cpu.ThreadsPerCore ?? 0);
  const link = (page: string, id: string | undefined, name = id): ReactNode => (id ? <Link href={at(region, page, id)}>{name}</Link> : name);
  return (
    <SpaceBetween size="l">
      <Facts
        title="facts.summary"
        facts={[
          ["instance.id", row.id],
          ["instance.publicIp", instance.PublicIpAddress],
          ["instance.privateIp", instance.PrivateIpAddress],
          ["instance.state", <State state={row.state} />],
          ["instance.status", <StatusChecks row={row} />],
          ["instance.privateDns", instance.PrivateDnsName],
          ["instance.type", instance.InstanceType],
          ["instance.vpc", instance.VpcId],
          ["instance.subnet", instance.SubnetId],
          ["instance.zone", instance.Placement?.AvailabilityZone],
          ["instance.profile", instance.IamInstanceProfile?.Arn?.split("/").at(-1)],
          ["instance.imdsv2", metadata.HttpTokens === "required" ? text("metadata.required") : text("metadata.optional")],
          ["instance.groups", groups.length > 0 && <GroupLinks region={region} groups={groups} />],
        ]}
      />
      <Facts
        title="facts.details"
        facts={[
          ["instance.ami", link("images", instance.ImageId)],
          ["instance.amiName", image === null ? text("facts.imageGone") : image?.Name],
          ["instance.platform", instance.PlatformDetails],
          ["protection.stop", isOn(protections?.stop)],
          ["protection.termination", isOn(protections?.termination)],
          ["instance.shutdownBehavior", behavior && text(behavior === "terminate" ? "shutdown.terminate" : "shutdown.stop")],
          ["instance.hibernation", isOn(isHibernatable(row))],
          ["instance.launched", moment(instance.LaunchTime)],
          ["instance.lastBoot", boot && wayText(text, boot)],
          ["instance.lifecycle", text("facts.normal")],
          ["instance.key", link("key-pairs", pair?.KeyPairId, instance.KeyName)],
          ["instance.stateReason", instance.StateReason?.Message],
          ["instance.transition", instance.StateTransitionReason],
          ["instance.credits", credits],
          ["instance.reservation", row.reservation],
          ["instance.owner", row.owner],
          ["instance.index", instance.AmiLaunchIndex === undefined ? undefined : String(instance.AmiLaunchIndex)],
          ["instance.architecture", instance.Architecture],
          ["instance.virtualization", instance.VirtualizationType],
          ["instance.bootMode", instance.CurrentInstanceBootMode],
          ["instance.vcpus", text("facts.vcpus", { vcpus, cores: cpu.CoreCount ?? 0, threads: cpu.ThreadsPerCore ?? 0 })],
          ["instance.rootName", instance.RootDeviceName],
          ["instance.rootType", instance.RootDeviceType?.toUpperCase()],
          ["metadata.endpoint", isOn(metadata.HttpEndpoint === "enabled")],
          ["metadata.tags", isOn(metadata.InstanceMetadataTags === "enabled")],
          ["instance.tenancy", instance.Placement?.Tenancy],
        ]}
      />
    </SpaceBetween>
  );
}
