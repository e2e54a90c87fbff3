/** What a launch will do, in sentences: where it boots, who reaches it, what refuses to end it, what is lost with it. */
import Box from "@cloudscape-design/components/box";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image, InstanceTypeInfo } from "../../api/types";
import { useText, type Text } from "../../texts/texts";
import { fastLaunchOf } from "../images/fastLaunch";
import { useAnswers } from "../security-groups/Enforced";
import { admitsSsh } from "./admission";
import type { Networks } from "./choices";
import { wayOf, type Way } from "./way";
import { whole, type Form } from "./launchModel";

interface Properties {
  region: string;
  form: Form;
  networks: Networks | undefined;
  image: Image | undefined;
  type: InstanceTypeInfo | undefined;
}

export function WhatWillHappen({ region, form, networks, image, type }: Properties): ReactNode {
  const text = useText();
  const { value: fast } = useListing(useMemo(() => fastLaunchOf(region, form.imageId), [region, form.imageId]));
  const way = image && type && fast ? wayOf(text, image, type, fast) : null;
  const answers = useAnswers() ?? true;
  return (
    <div>
      <Box variant="awsui-key-label">{text("launch.willTitle")}</Box>
      <ul>
        {prospects(text, form, networks, answers, way).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </div>
  );
}

/** `answers`: whether there are guests behind the addresses, which simulated ones are not. */
export function prospects(text: Text, form: Form, networks: Networks | undefined, answers: boolean, way: Way | null = null): string[] {
  const subnet = networks?.subnets.find(({ SubnetId }) => SubnetId === form.subnetId);
  // Where no subnet is named, EC2 takes a default one, and gives what that one says.
  const usual = subnet ?? networks?.subnets.find(({ VpcId, DefaultForAz }) => VpcId === form.vpcId && DefaultForAz);
  const isPublic = form.publicIp === "subnet" ? (usual?.MapPublicIpOnLaunch ?? false) : form.publicIp === "enable";
  const kept = form.devices.filter((device) => !device.isLeftOut);
  const names = (lost: boolean): string =>
    kept.filter((device) => device.deleteOnTermination === lost).map((device) => device.name).join(", ") || text("state.will.terminateNone");
  const count = whole(form.count) ?? 1;
  const where = { count, zone: subnet?.AvailabilityZone ?? text("launch.willAnyZone") };
  return [
    way?.isFromMemory
      ? text(count === 1 ? "launch.willGoOn" : "launch.willGoOnSeveral", where)
      : text(count === 1 ? "launch.willBoot" : "launch.willBootSeveral", where),
    ...(way === null ? [] : way.sentences),
    text(isPublic ? "launch.willBePublic" : "launch.willBePrivate"),
    ...(answers && isPublic ? [text(admitsSsh(form, networks?.groups ?? []) ? "launch.willAdmitSsh" : "launch.willNotAdmitSsh")] : []),
    ...(answers ? [] : [text("launch.willBeSimulated")]),
    ...(form.stopProtection ? [text("launch.willRefuseStop")] : []),
    ...(form.terminationProtection ? [text("launch.willRefuseTerminate")] : []),
    ...(form.shutdown === "terminate" ? [text("launch.willTerminate")] : []),
    ...(form.hibernation ? [text("launch.willHibernate")] : []),
    ...(form.userData.base64 === "" ? [] : [text("launch.willRun")]),
    text("launch.willLose", { gone: names(true), kept: names(false) }),
  ];
}
