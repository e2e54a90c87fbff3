/** Create a network ACL: says that it denies all until it has rules, and that no subnet has it yet. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField } from "../../resource/fields";
import { label, nameTag } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";
import { vpcsOf } from "../security-groups/model";

export function CreateAcl({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const { value: vpcs } = useListing(useMemo(() => vpcsOf(region), [region]));
  const [chosen, choose] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  return (
    <CallDialog
      region={region}
      title={text("action.createAcl")}
      go={text("action.createAcl")}
      action="CreateNetworkAcl"
      parameters={{ VpcId: chosen, ...tagSpecifications("network-acl", tags) }}
      hindered={chosen === "" ? text("createAcl.chooseVpc") : tags.valid ? null : text("tags.invalid")}
      done={({ NetworkAcl }) => text("createAcl.done", { id: NetworkAcl?.NetworkAclId ?? "" })}
      close={close}
    >
      <ChoiceField
        label="launch.vpc"
        value={chosen}
        empty={text(vpcs === undefined ? "loading" : "createAcl.chooseVpc")}
        options={(vpcs ?? []).map(({ VpcId = "", CidrBlock = "", Tags }) => ({ value: VpcId, label: label(VpcId, nameTag(Tags)), description: CidrBlock }))}
        onChange={choose}
        filtered
      />
      <Alert type="info">{text("createAcl.will")}</Alert>
      <TagsField value={tags} onChange={setTags} />
    </CallDialog>
  );
}
