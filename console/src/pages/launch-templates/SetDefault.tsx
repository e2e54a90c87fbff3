/** Set default version: what names the template and no version is launched from it then. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { LaunchTemplate } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { idOf, numberOf, stateOf, templateLabel, versionsOf } from "./model";
import { VersionField } from "./VersionField";
import { VersionFacts } from "./VersionFacts";

interface Properties {
  region: string;
  items: Chosen<LaunchTemplate>;
  close: () => void;
}

export function SetDefault({ region, items: [template], close }: Properties): ReactNode {
  const text = useText();
  const id = idOf(template);
  const { value: versions } = useListing(useMemo(() => versionsOf(region, id), [region, id]));
  const now = String(template.DefaultVersionNumber ?? "");
  const [wanted, setWanted] = useState(now);
  const version = versions?.find((one) => String(numberOf(one)) === wanted);
  return (
    <CallDialog
      region={region}
      title={`${text("action.setDefaultVersion")}: ${templateLabel(template)}`}
      go={text("template.setDefault")}
      action="ModifyLaunchTemplate"
      parameters={wanted === now ? undefined : { LaunchTemplateId: id, DefaultVersion: wanted }}
      state={stateOf(template)}
      done={() => text("template.defaultSet", { template: templateLabel(template), version: wanted })}
      close={close}
    >
      <VersionField template={template} versions={versions ?? []} value={wanted} onChange={setWanted} />
      {version && <VersionFacts region={region} version={version} />}
      <Alert type="info">{text("template.defaultMeans")}</Alert>
    </CallDialog>
  );
}
