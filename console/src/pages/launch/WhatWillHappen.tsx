/** What a launch will do, in sentences: where it boots, who reaches it, what refuses to end it, what is lost with it. */
import Box from "@cloudscape-design/components/box";
import type { ReactNode } from "react";
import { useText, type Text } from "../../texts/texts";
import type { Networks } from "./choices";
import { useAnswers } from "../security-groups/Enforced";
import { admitsSsh } from "./admission";
import { whole, type Form } from "./launchModel";

export function WhatWillHappen({ form, networks }: { form: Form; networks: Networks | undefined }): ReactNode {
  const text = useText();
  const answers = useAnswers() ?? true;
  return (
    <div>
      <Box variant="awsui-key-label">{text("launch.willTitle")}</Box>
      <ul>
        {prospects(text, form, networks, answers).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </div>
  );
}

/** `answers`: whether there are guests behind the addresses, which simulated ones are not. */
export function prospects(text: Text, form: Form, networks: Networks | undefined, answers: boolean): string[] {
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
    text(count === 1 ? "launch.willBoot" : "launch.willBootSeveral", where),
    text(isPublic ? "launch.willBePublic" : "launch.willBePrivate"),
    ...(answers && isPublic ? [text(admitsSsh(form, networks?.groups ?? []) ? "launch.willAdmitSsh" : "launch.willNotAdmitSsh")] : []),
    ...(answers ? [] : [text("launch.willBeSimulated")]),
    ...(form.stopProtection ? [text("launch.willRefuseStop")] : []),
    ...(form.terminationProtection ? [text("launch.willRefuseTerminate")] : []),
    ...(form.shutdown === "terminate" ? [text("launch.willTerminate")] : []),
    ...(form.userData.base64 === "" ? [] : [text("launch.willRun")]),
    text("launch.willLose", { gone: names(true), kept: names(false) }),
  ];
}
