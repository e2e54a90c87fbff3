/** Create a launch template: of nothing, or of what an instance was launched with. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { LaunchTemplateData } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { TextField } from "../../resource/fields";
import { labelOf, type Chosen } from "../../resource/resource";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { Dialog } from "../../shell/Dialog";
import { useText } from "../../texts/texts";
import type { Row } from "../instances/model";
import { dataOfInstance } from "./model";
import { TemplateFields } from "./TemplateFields";
import { dataOf, formOf, wrongForm } from "./templateForm";
import { useMade } from "./useMade";

interface Properties {
  region: string;
  close: () => void;
}

export function CreateTemplate(given: Properties): ReactNode {
  return <NewTemplate {...given} first={{}} />;
}

export function CreateTemplateFromInstance({ region, items: [row], close }: Properties & { items: Chosen<Row> }): ReactNode {
  const text = useText();
  const { value: data, failure } = useListing(useMemo(() => dataOfInstance(region, row.id), [region, row.id]));
  const source = labelOf({ idOf: ({ id }) => id, nameOf: ({ name }) => name }, row);
  if (data !== undefined) {
    return (
      <NewTemplate region={region} close={close} first={data}>
        <Alert type="info">{text("template.ofInstance", { instance: source })}</Alert>
      </NewTemplate>
    );
  }
  return (
    <Dialog
      title={text("action.createTemplateFromInstance")}
      go={text("action.createTemplate")}
      hindered={failure?.message ?? text("loading")}
      commands={[]}
      act={async () => false}
      close={close}
      size="large"
    >
      {failure === undefined ? text("loading") : <Alert type="error">{failure.message}</Alert>}
    </Dialog>
  );
}

interface New extends Properties {
  /** What it is filled in with. */
  first: LaunchTemplateData;
  children?: ReactNode;
}

function NewTemplate({ region, close, first, children }: New): ReactNode {
  const text = useText();
  const made = useMade();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [form, setForm] = useState(() => formOf(first));
  const [tags, setTags] = useState(NO_TAGS);
  const data = dataOf(form);
  const wrong = name === "" ? "template.noName" : (wrongForm(form) ?? (tags.valid ? null : "tags.invalid"));
  return (
    <CallDialog
      region={region}
      title={children === undefined ? text("action.createTemplate") : text("action.createTemplateFromInstance")}
      go={text("action.createTemplate")}
      action="CreateLaunchTemplate"
      parameters={{
        LaunchTemplateName: name,
        ...(description !== "" && { VersionDescription: description }),
        LaunchTemplateData: data ?? {},
        ...tagSpecifications("launch-template", tags),
      }}
      hindered={wrong === null ? null : text(wrong)}
      done={(answer) => made(answer, text("created", { id: answer.LaunchTemplate?.LaunchTemplateId ?? "" }))}
      close={close}
    >
      {children}
      <TextField label="template.name" value={name} onChange={setName} constraint={text("template.nameHelp")} />
      <TextField label="template.description" value={description} onChange={setDescription} constraint={text("template.descriptionHelp")} optional />
      <TemplateFields region={region} form={form} onChange={setForm} />
      <TagsField value={tags} onChange={setTags} />
    </CallDialog>
  );
}
