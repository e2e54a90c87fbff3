/** What is known of one network ACL. */
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { subnetLabel, subnetsWith, type AclRow } from "./model";

export function AclFacts({ region, item: row }: { region: string; item: AclRow }): ReactNode {
  const text = useText();
  return (
    <Facts
      facts={[
        ["acl.id", row.id],
        ["instance.vpc", <IdLink region={region} id={row.acl.VpcId} />],
        ["acl.default", text(row.acl.IsDefault ? "yes" : "no")],
        ["acl.associated", subnetsWith(row).map(subnetLabel).join(", ")],
        ["group.inbound", row.entries.inbound.length],
        ["group.outbound", row.entries.outbound.length],
        ["group.owner", row.acl.OwnerId],
      ]}
    />
  );
}
