/** The rules of a network ACL, both ways: of the one that a subnet has, or would have. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { EntryTable } from "../network-acls/EntryTable";
import { networkAclsOf } from "../network-acls/model";
import { IdLink } from "../vpcs/links";
import type { SubnetRow } from "./model";

export function SubnetAcl({ region, item: { acl } }: { region: string; item: SubnetRow }): ReactNode {
  return (
    <SpaceBetween size="s">
      <Box variant="p">
        <IdLink region={region} id={acl?.NetworkAclId} />
      </Box>
      <AclRules region={region} id={acl?.NetworkAclId} isEditable />
    </SpaceBetween>
  );
}

export function AclRules({ region, id, isEditable = false }: { region: string; id: string | undefined; isEditable?: boolean }): ReactNode {
  const text = useText();
  const { value: acls } = useListing(useMemo(() => networkAclsOf(region), [region]));
  const row = acls?.find((one) => one.id === id);
  if (row === undefined) return text(acls === undefined ? "loading" : "none");
  return (
    <SpaceBetween size="m">
      {(["inbound", "outbound"] as const).map((way) => (
        <EntryTable key={way} region={region} row={row} way={way} isEditable={isEditable} />
      ))}
    </SpaceBetween>
  );
}
