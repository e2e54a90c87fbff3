/** Create an egress-only internet gateway, which is attached to its VPC from its first moment. */
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { NameField } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { useText } from "../../texts/texts";
import { VpcField } from "../networks/VpcField";
import { IsRecorded } from "./IsRecorded";

export function CreateGateway({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [vpc, setVpc] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  return (
    <CallDialog
      region={region}
      title={text("action.createEgressOnlyGateway")}
      action="CreateEgressOnlyInternetGateway"
      parameters={{ VpcId: vpc, ...tagSpecifications("egress-only-internet-gateway", tags) }}
      hindered={vpc === "" ? text("vpc.choose") : tags.valid ? null : text("tags.invalid")}
      done={({ EgressOnlyInternetGateway: made }) => text("created", { id: made?.EgressOnlyInternetGatewayId ?? "" })}
      close={close}
    >
      <IsRecorded />
      <NameField value={tags} onChange={setTags} />
      <VpcField region={region} value={vpc} onChange={setVpc} description={text("egressOnly.vpcHelp")} />
      <TagsField value={tags} onChange={setTags} />
    </CallDialog>
  );
}
