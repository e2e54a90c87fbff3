/** What a version of a launch template says. */
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode } from "react";
import type { LaunchTemplateVersion } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { useMoment, useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";

export function VersionFacts({ region, version }: { region: string; version: LaunchTemplateVersion }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const data = version.LaunchTemplateData ?? {};
  const groups = data.SecurityGroupIds ?? data.NetworkInterfaces?.flatMap(({ Groups = [] }) => Groups) ?? [];
  const subnets = (data.NetworkInterfaces ?? []).map(({ SubnetId }) => SubnetId).filter((id) => id !== undefined);
  return (
    <SpaceBetween size="s">
      <Facts
        facts={[
          ["template.version", version.VersionNumber],
          ["template.description", version.VersionDescription],
          ["template.created", moment(version.CreateTime)],
          ["template.createdBy", version.CreatedBy],
          ["instance.ami", data.ImageId && <IdLink region={region} id={data.ImageId} />],
          ["instance.type", data.InstanceType],
          ["keyPair.name", data.KeyName],
          ["securityGroups", [...(data.SecurityGroups ?? []), ...groups].join(", ")],
          ["launch.subnet", subnets.join(", ")],
          ["instance.zone", data.Placement?.AvailabilityZone],
        ]}
      />
      <ExpandableSection headerText={text("template.all")}>
        <pre className="json" tabIndex={0} role="region" aria-label={text("template.all")}>
          {JSON.stringify(data, null, 2)}
        </pre>
      </ExpandableSection>
    </SpaceBetween>
  );
}
