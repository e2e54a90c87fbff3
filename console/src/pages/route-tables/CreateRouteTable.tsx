/** Create a route table of a VPC. */
import Alert from "@cloudscape-design/components/alert";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { NameField } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { useText } from "../../texts/texts";
import { VpcField } from "../networks/VpcField";

export function CreateRouteTable({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [vpc, setVpc] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  return (
    <CallDialog
      region={region}
      title={text("action.createRouteTable")}
      action="CreateRouteTable"
      parameters={{ VpcId: vpc, ...tagSpecifications("route-table", tags) }}
      hindered={vpc === "" ? text("vpc.choose") : tags.valid ? null : text("tags.invalid")}
      done={({ RouteTable }) => text("created", { id: RouteTable?.RouteTableId ?? "" })}
      close={close}
    >
      <NameField value={tags} onChange={setTags} />
      <VpcField region={region} value={vpc} onChange={setVpc} description={text("createRouteTable.vpcHelp")} />
      <TagsField value={tags} onChange={setTags} />
      <Alert type="info">{text("createRouteTable.will")}</Alert>
    </CallDialog>
  );
}
