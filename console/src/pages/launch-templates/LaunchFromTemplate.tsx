/** Launch instance from template: as a version says, but for what is chosen here. */
import { useMemo, useState, type ReactNode } from "react";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import type { Asked, LaunchTemplate } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField, NumberField, whole } from "../../resource/fields";
import { label, nameTag, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { instanceTypesOf, networksOf } from "../launch/choices";
import { sizeOf } from "../launch/InstanceTypeChoice";
import { newToken } from "../launch/launch";
import { idOf, numberOf, stateOf, templateLabel, versionsOf } from "./model";
import { VersionFacts } from "./VersionFacts";
import { VersionField } from "./VersionField";

interface Properties {
  region: string;
  items: Chosen<LaunchTemplate>;
  close: () => void;
}

export function LaunchFromTemplate({ region, items: [template], close }: Properties): ReactNode {
  const text = useText();
  const id = idOf(template);
  const { value: versions = [] } = useListing(useMemo(() => versionsOf(region, id), [region, id]));
  const { value: types = [] } = useListing(useMemo(() => instanceTypesOf(region), [region]));
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const [version, setVersion] = useState("$Default");
  const [count, setCount] = useState("1");
  const [type, setType] = useState("");
  const [subnet, setSubnet] = useState("");
  const [token] = useState(newToken); // an answer that is lost launches nothing twice
  const meant = { $Default: template.DefaultVersionNumber, $Latest: template.LatestVersionNumber }[version] ?? Number(version);
  const shown = versions.find((one) => numberOf(one) === meant);
  const number = whole(count);
  const asked = {
    LaunchTemplate: { LaunchTemplateId: id, Version: version },
    ...(type !== "" && { InstanceType: type as NonNullable<Asked<"RunInstances">["InstanceType"]> }),
    ...(subnet !== "" && { SubnetId: subnet }),
  };
  const asIs = { value: "", label: text("template.asItSays") };
  const subnets = (networks?.subnets ?? []).map(({ SubnetId = "", AvailabilityZone = "", Tags }) => ({
    value: SubnetId,
    label: label(SubnetId, nameTag(Tags)),
    description: AvailabilityZone,
  }));
  return (
    <CallDialog
      region={region}
      title={`${text("action.launchFromTemplate")}: ${templateLabel(template)}`}
      go={text("launch.go")}
      action="RunInstances"
      parameters={{ ...asked, MinCount: number ?? 0, MaxCount: number ?? 0, ClientToken: token }}
      command={`${asCli("RunInstances", asked, region)} --count ${number ?? 0}`}
      hindered={number === undefined || number < 1 ? text("template.countWrong") : null}
      state={stateOf(template)}
      done={({ Instances = [] }) =>
        text("template.launched", { template: templateLabel(template), instances: Instances.map(({ InstanceId }) => InstanceId).join(", ") })
      }
      close={close}
    >
      <VersionField label="template.source" template={template} versions={versions} value={version} onChange={setVersion} following />
      {shown && <VersionFacts region={region} version={shown} />}
      <NumberField label="launch.count" value={count} onChange={setCount} />
      <ChoiceField
        label="instance.type"
        value={type}
        onChange={setType}
        options={[
          asIs,
          ...types.map((one) => ({ value: one.InstanceType ?? "", label: one.InstanceType ?? "", description: sizeOf(text, one) })),
        ]}
        filtered
      />
      <ChoiceField label="launch.subnet" value={subnet} onChange={setSubnet} options={[asIs, ...subnets]} filtered />
    </CallDialog>
  );
}
