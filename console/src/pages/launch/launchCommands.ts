/** The commands of the AWS CLI that launch what the form says, as a POSIX shell takes them. Pure. */
import { asCli, quoted } from "../../api/cli";
import type { Image } from "../../api/types";
import { groupParameters, permissions, runParameters, type Form, type RunParameters } from "./launchModel";

const NEW_GROUP = '"$group"';

/** In their order: where the launch makes a security group, its id is in the shell's variable `group`. */
export function launchCommands(form: Form, image: Image, region: string): string[] {
  if (form.firewall === "existing") {
    return [runCommand(form, runParameters(form, image, form.groupIds), region, form.groupIds.map(quoted))];
  }
  const create = asCli("CreateSecurityGroup", groupParameters(form), region);
  const admitted = permissions(form);
  const authorize = asCli("AuthorizeSecurityGroupIngress", { IpPermissions: admitted }, region);
  return [
    `group=$(${create} --query GroupId --output text)`,
    ...(admitted.length > 0 ? [`${authorize} --group-id ${NEW_GROUP}`] : []),
    runCommand(form, runParameters(form, image, []), region, [NEW_GROUP]),
  ];
}

/** The AWS CLI has options of its own for the count and the one interface, and encodes user data by itself. */
function runCommand(form: Form, parameters: RunParameters, region: string, groups: readonly string[]): string {
  const { MinCount, MaxCount: _, NetworkInterfaces: __, SubnetId: ___, SecurityGroupIds: ____, UserData, ...rest } = parameters;
  const command = [
    asCli("RunInstances", rest, region),
    `--count ${MinCount}`,
    ...(form.subnetId === "" ? [] : [`--subnet-id ${quoted(form.subnetId)}`]),
    `--security-group-ids ${groups.join(" ")}`,
    ...(form.publicIp === "subnet" ? [] : [`--${form.publicIp === "enable" ? "" : "no-"}associate-public-ip-address`]),
  ].join(" ");
  if (UserData === undefined) return command;
  const { file, text, isBase64 } = form.userData;
  if (file !== undefined) return `${command} --user-data ${quoted(`fileb://${file.name}`)}`;
  // What is base64 already, and what the AWS CLI would take for an option or for the address of a file, comes by a pipe.
  if (isBase64 || /^(-|\w+:\/\/)/.test(text)) {
    return `printf %s ${quoted(UserData)} | base64 --decode | ${command} --user-data fileb:///dev/stdin`;
  }
  return `${command} --user-data ${quoted(text)}`;
}
