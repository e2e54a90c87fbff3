/** Launch templates as the pages know them. */
import { call } from "../../api/call";
import { everyPage } from "../../api/everyPage";
import type { Listing } from "../../api/listing";
import type { Answered, LaunchTemplate, LaunchTemplateData, LaunchTemplateVersion } from "../../api/types";
import { label } from "../../resource/resource";
import type { Text } from "../../texts/texts";

/** Every launch template of a region. */
export function templatesOf(region: string): Listing<LaunchTemplate[]> {
  return {
    key: `${region}/launch-templates`,
    tables: ["launch_templates", "tags"],
    read: () =>
      everyPage(async (more) => {
        const { LaunchTemplates, NextToken } = await call(region, "DescribeLaunchTemplates", more);
        return { items: LaunchTemplates, NextToken };
      }),
  };
}

/** Every version of a launch template, the latest first. */
export function versionsOf(region: string, id: string): Listing<LaunchTemplateVersion[]> {
  return {
    key: `${region}/launch-templates/${id}/versions`,
    tables: ["launch_template_versions", "launch_templates"],
    of: id,
    read: async () => {
      const found = await everyPage(async (more) => {
        const answer = await call(region, "DescribeLaunchTemplateVersions", { LaunchTemplateId: id, ...more });
        return { items: answer.LaunchTemplateVersions, NextToken: answer.NextToken };
      });
      return found.toSorted((one, other) => numberOf(other) - numberOf(one));
    },
  };
}

/** What an instance was launched with, as a launch template takes it, and without what only one instance can have. */
export function dataOfInstance(region: string, id: string): Listing<LaunchTemplateData> {
  return {
    key: `${region}/instances/${id}/launch-template-data`,
    tables: ["instances", "attachments", "network_interfaces", "interface_groups", "volumes", "tags"],
    read: async () => repeatable((await call(region, "GetLaunchTemplateData", { InstanceId: id })).LaunchTemplateData ?? {}),
  };
}

/** Without the addresses of one instance's interfaces: a second instance could not be launched with them. */
export function repeatable({ NetworkInterfaces, ...data }: LaunchTemplateData): LaunchTemplateData {
  if (NetworkInterfaces === undefined) return data;
  const free = NetworkInterfaces.map(({ PrivateIpAddress: _, PrivateIpAddresses: __, Ipv6Addresses, ...rest }) => {
    const count = Ipv6Addresses?.length ?? 0;
    return count === 0 ? rest : { ...rest, Ipv6AddressCount: count };
  });
  return { ...data, NetworkInterfaces: free };
}

export function numberOf({ VersionNumber = 0 }: LaunchTemplateVersion): number {
  return VersionNumber;
}

export function idOf({ LaunchTemplateId = "" }: LaunchTemplate): string {
  return LaunchTemplateId;
}

/** A template in a line, in dialogs and notices. */
export function templateLabel(template: LaunchTemplate): string {
  return label(idOf(template), template.LaunchTemplateName ?? "");
}

/** All that a dry run about a template depends on. */
export function stateOf({ DefaultVersionNumber, LatestVersionNumber }: LaunchTemplate): string {
  return `${DefaultVersionNumber} ${LatestVersionNumber}`;
}

/** A version in words: `3 (Latest)`, and what it is described as. */
export function versionWords(text: Text, version: number, { DefaultVersionNumber, LatestVersionNumber }: LaunchTemplate): string {
  const roles = [
    ...(version === DefaultVersionNumber ? [text("template.default")] : []),
    ...(version === LatestVersionNumber ? [text("template.latest")] : []),
  ];
  return roles.length === 0 ? String(version) : `${version} (${roles.join(", ")})`;
}

/** What EC2 says of data that it took although a launch would refuse it; empty where it says nothing. */
export function warnings({ Warning }: Pick<Answered<"CreateLaunchTemplate">, "Warning">): string {
  return (Warning?.Errors ?? []).map(({ Code = "", Message = "" }) => `${Message} (${Code})`).join(" ");
}

/** EC2 answers that it took the call, and says of each version whether it is gone. */
export function checkDeleted({ UnsuccessfullyDeletedLaunchTemplateVersions: left = [] }: Answered<"DeleteLaunchTemplateVersions">): void {
  const error = left[0]?.ResponseError;
  if (error !== undefined) throw new Error(`${error.Message} (${error.Code})`);
}
