/** What is known of a VPC. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useText } from "../../texts/texts";
import { IdLink } from "./links";
import { blocksOf, dnsSettingsOf, ipv6BlocksOf, type VpcRow } from "./model";

export function VpcFacts({ region, item: row }: { region: string; item: VpcRow }): ReactNode {
  const text = useText();
  const { value: dns } = useListing(useMemo(() => dnsSettingsOf(region, row.id), [region, row.id]));
  const said = (on: boolean | undefined): string => text(on === undefined ? "loading" : on ? "enabled" : "disabled");
  return (
    <Facts
      facts={[
        ["instance.vpc", row.id],
        ["vpc.state", <State state={row.state} />],
        ["vpc.resolution", said(dns?.resolution)],
        ["vpc.hostnames", said(dns?.hostnames)],
        ["vpc.tenancy", row.vpc.InstanceTenancy],
        ["vpc.options", <IdLink region={region} {...(row.options ?? { id: undefined })} />],
        ["vpc.mainTable", <IdLink region={region} {...(row.mainTable ?? { id: undefined })} />],
        ["vpc.mainAcl", <IdLink region={region} {...(row.mainAcl ?? { id: undefined })} />],
        ["vpc.isDefault", text(row.vpc.IsDefault ? "yes" : "no")],
        ["vpc.ipv4", blocksOf(row.vpc).join(", ")],
        ["vpc.ipv6", ipv6BlocksOf(row.vpc).join(", ")],
        ["vpc.metrics", said(dns?.metrics)],
        ["ownerId", row.vpc.OwnerId],
      ]}
    />
  );
}
