/** Modify template (Create new version): a version is never changed, another one is made of it. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { LaunchTemplate } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { TextField } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { idOf, numberOf, stateOf, templateLabel, versionsOf } from "./model";
import { TemplateFields } from "./TemplateFields";
import { dataOf, EMPTY, formOf, wrongForm, type TemplateForm } from "./templateForm";
import { useMade } from "./useMade";
import { VersionField } from "./VersionField";

interface Properties {
  region: string;
  items: Chosen<LaunchTemplate>;
  close: () => void;
}

export function CreateVersion({ region, items: [template], close }: Properties): ReactNode {
  const text = useText();
  const made = useMade();
  const id = idOf(template);
  const { value: versions } = useListing(useMemo(() => versionsOf(region, id), [region, id]));
  const [source, setSource] = useState(String(template.DefaultVersionNumber ?? ""));
  const [description, setDescription] = useState("");
  const [changed, setChanged] = useState<TemplateForm>();
  const version = versions?.find((one) => String(numberOf(one)) === source);
  const before = version && formOf(version.LaunchTemplateData ?? {});
  const form = changed ?? before ?? EMPTY;
  const choose = (number: string): void => {
    setSource(number);
    setChanged(undefined);
  };
  const wrong = wrongForm(form);
  return (
    <CallDialog
      region={region}
      title={`${text("action.createVersion")}: ${templateLabel(template)}`}
      go={text("template.createVersion")}
      action="CreateLaunchTemplateVersion"
      // Not with SourceVersion: what is emptied here would come back from it.
      parameters={{
        LaunchTemplateId: id,
        ...(description !== "" && { VersionDescription: description }),
        LaunchTemplateData: dataOf(form) ?? {},
      }}
      hindered={before === undefined ? text("loading") : wrong === null ? null : text(wrong)}
      state={stateOf(template)}
      done={(answer) =>
        made(answer, text("template.versionMade", { template: templateLabel(template), version: answer.LaunchTemplateVersion?.VersionNumber ?? "" }))
      }
      close={close}
    >
      <VersionField label="template.source" template={template} versions={versions ?? []} value={source} onChange={choose} />
      <TextField label="template.description" value={description} onChange={setDescription} constraint={text("template.descriptionHelp")} optional />
      <TemplateFields region={region} form={form} onChange={setChanged} />
      <Alert type="info">{text("template.defaultStays", { version: template.DefaultVersionNumber ?? "" })}</Alert>
    </CallDialog>
  );
}
