/** Allocate an Elastic IP address: says of which addresses it will be one, and that nothing answers there at first. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";

export function AllocateAddress({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [tags, setTags] = useState(NO_TAGS);
  return (
    <CallDialog
      region={region}
      title={text("action.allocateAddress")}
      go={text("allocateEip.go")}
      action="AllocateAddress"
      parameters={{ Domain: "vpc", ...tagSpecifications("elastic-ip", tags) }}
      hindered={tags.valid ? null : text("tags.invalid")}
      done={({ PublicIp = "", AllocationId = "" }) => text("allocateEip.done", { address: PublicIp, id: AllocationId })}
      close={close}
    >
      <FormField label={text("eip.pool")}>{text("eip.amazon")}</FormField>
      <FormField label={text("eip.border")}>{region}</FormField>
      <Alert type="info">{text("allocateEip.will")}</Alert>
      <TagsField value={tags} onChange={setTags} />
    </CallDialog>
  );
}
