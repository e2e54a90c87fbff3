/** Change what an image is said to be. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import type { Image } from "../../api/types";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function EditDescription({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const before = image.Description ?? "";
  const [edited, setEdited] = useState<string>();
  const after = edited ?? before;
  const parameters = { ImageId: image.ImageId ?? "", Description: { Value: after } };
  const refusal = useRefusal(region, "ModifyImageAttribute", after === before ? undefined : parameters);
  const act = async (): Promise<void> => {
    await call(region, "ModifyImageAttribute", parameters);
    say({ type: "success", content: text("image.described", { id: parameters.ImageId }) });
  };
  const hindered = after === before ? text("nothing.changed") : hinderedBy(text, refusal);
  return (
    <Dialog
      title={text("action.editImageDescription")}
      go={text("save")}
      hindered={hindered}
      commands={[asCli("ModifyImageAttribute", parameters, region)]}
      act={act}
      close={close}
    >
      <FormField label={label(image.ImageId ?? "", image.Name ?? "")} description={text("image.descriptionHelp")} stretch>
        <Input value={after} onChange={({ detail }) => setEdited(detail.value)} ariaLabel={text("image.description")} />
      </FormField>
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
