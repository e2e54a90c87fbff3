/** Edit the network ACL association of a subnet. */
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { aclLabel, rowLabel, type SubnetRow } from "./model";
import { AclRules } from "./SubnetAcl";

interface Properties {
  region: string;
  items: Chosen<SubnetRow>;
  close: () => void;
}

export function EditAclAssociation({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [chosen, choose] = useState<string>();
  const now = row.acl?.NetworkAclId ?? "";
  const id = chosen ?? now;
  const acl = row.acls.find(({ NetworkAclId }) => NetworkAclId === id);
  return (
    <CallDialog
      region={region}
      title={text("action.editAclAssociation")}
      go={text("saveChanges")}
      action="ReplaceNetworkAclAssociation"
      parameters={{ AssociationId: row.aclAssociation ?? "", NetworkAclId: id }}
      hindered={id === now ? text("nothing.changed") : null}
      state={row.aclAssociation ?? ""}
      done={() => text("subnetChange.done", { subnet: rowLabel(row), to: acl === undefined ? id : aclLabel(acl) })}
      close={close}
    >
      <ChoiceField
        label="subnet.acl"
        value={id}
        onChange={choose}
        description={text("subnetChange.aclHelp", { subnet: rowLabel(row) })}
        options={row.acls.map((one) => ({ value: one.NetworkAclId ?? "", label: aclLabel(one) }))}
      />
      <AclRules region={region} id={id} />
    </CallDialog>
  );
}
