/** Create an internet gateway, which is attached to no VPC yet. */
import Alert from "@cloudscape-design/components/alert";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { NameAndTags } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";

export function CreateGateway({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [tags, setTags] = useState(NO_TAGS);
  return (
    <CallDialog
      region={region}
      title={text("action.createInternetGateway")}
      action="CreateInternetGateway"
      parameters={tagSpecifications("internet-gateway", tags)}
      hindered={tags.valid ? null : text("tags.invalid")}
      done={({ InternetGateway }) => text("created", { id: InternetGateway?.InternetGatewayId ?? "" })}
      close={close}
    >
      <NameAndTags value={tags} onChange={setTags} />
      <Alert type="info">{text("createInternetGateway.will")}</Alert>
    </CallDialog>
  );
}
