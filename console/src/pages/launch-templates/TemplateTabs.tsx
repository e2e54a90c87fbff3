/** What is known of a launch template: itself, and each of its versions. */
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { LaunchTemplate } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { useMoment, useText } from "../../texts/texts";
import { idOf, numberOf, versionsOf, versionWords } from "./model";
import { VersionFacts } from "./VersionFacts";
import { VersionField } from "./VersionField";

interface Properties {
  region: string;
  item: LaunchTemplate;
}

export function TemplateFacts({ region, item: template }: Properties): ReactNode {
  const moment = useMoment();
  const id = idOf(template);
  const { value: versions = [] } = useListing(useMemo(() => versionsOf(region, id), [region, id]));
  const [chosen, choose] = useState<string>(); // the default one until another is chosen
  const number = chosen ?? String(template.DefaultVersionNumber ?? "");
  const version = versions.find((one) => String(numberOf(one)) === number);
  return (
    <SpaceBetween size="l">
      <Facts
        facts={[
          ["template.id", id],
          ["template.name", template.LaunchTemplateName],
          ["template.defaultVersion", template.DefaultVersionNumber],
          ["template.latestVersion", template.LatestVersionNumber],
          ["template.created", moment(template.CreateTime)],
          ["template.createdBy", template.CreatedBy],
        ]}
      />
      <VersionField template={template} versions={versions} value={number} onChange={choose} />
      {version && <VersionFacts region={region} version={version} />}
    </SpaceBetween>
  );
}

export function TemplateVersions({ region, item: template }: Properties): ReactNode {
  const text = useText();
  const moment = useMoment();
  const id = idOf(template);
  const { value: versions } = useListing(useMemo(() => versionsOf(region, id), [region, id]));
  const [chosen, choose] = useState<number>();
  const version = versions?.find((one) => numberOf(one) === chosen);
  return (
    <SpaceBetween size="l">
      <Table
        variant="container"
        header={
          <Header variant="h2" counter={versions && `(${versions.length})`}>
            {text("template.versions")}
          </Header>
        }
        items={versions ?? []}
        loading={versions === undefined}
        loadingText={text("loading")}
        ariaLabels={{ tableLabel: text("template.versions") }}
        columnDefinitions={[
          {
            id: "version",
            header: text("template.version"),
            isRowHeader: true,
            cell: (one) => <Link onFollow={() => choose(numberOf(one))}>{versionWords(text, numberOf(one), template)}</Link>,
          },
          { id: "description", header: text("template.description"), cell: ({ VersionDescription }) => VersionDescription || "–" },
          { id: "image", header: text("instance.ami"), cell: ({ LaunchTemplateData }) => LaunchTemplateData?.ImageId ?? "–" },
          { id: "type", header: text("instance.type"), cell: ({ LaunchTemplateData }) => LaunchTemplateData?.InstanceType ?? "–" },
          { id: "created", header: text("template.created"), cell: ({ CreateTime }) => moment(CreateTime) },
          { id: "createdBy", header: text("template.createdBy"), cell: ({ CreatedBy }) => CreatedBy ?? "–" },
        ]}
      />
      {version && <VersionFacts region={region} version={version} />}
    </SpaceBetween>
  );
}
