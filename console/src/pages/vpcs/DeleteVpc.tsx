/** Delete a VPC: says what must be gone before, what is deleted with it, and what EC2 says to DeleteVpc alone. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useRefusal } from "../../resource/refusal";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { ChainDialog } from "./ChainDialog";
import { blockersOf, deletionOf } from "./deletion";
import { IdLink } from "./links";
import { rowLabel, type VpcRow } from "./model";
import { networkOf, type Network } from "./network";

/** What must be typed, in every language, as EC2's console wants it. */
const CONFIRMED = "delete";

interface Properties {
  region: string;
  items: Chosen<VpcRow>;
  close: () => void;
}

export function DeleteVpc({ region, items: [first], close }: Properties): ReactNode {
  const text = useText();
  const [row] = useState(first); // it is still what this is about once it is gone
  const { value: network } = useListing(useMemo(() => networkOf(region, row.id), [region, row.id]));
  const [typed, type] = useState("");
  const links = useMemo(() => (network ? deletionOf(text, network) : []), [text, network]);
  const blockers = network ? blockersOf(network) : [];
  const alone = useRefusal(region, "DeleteVpc", { VpcId: row.id }, stateOf(network));
  const hindered =
    network === undefined
      ? text("loading")
      : blockers.length > 0
        ? text("deleteVpc.blocked", { count: blockers.length })
        : typed.trim() === CONFIRMED
          ? null
          : text("deleteVpc.confirmFirst", { word: CONFIRMED });
  return (
    <ChainDialog
      region={region}
      title={text("action.deleteVpc")}
      links={links}
      hindered={hindered}
      state={stateOf(network)}
      done={() => text("deleteVpc.done", { vpc: rowLabel(row) })}
      close={close}
    >
      <strong>{rowLabel(row)}</strong>
      {alone && (
        <Alert type="info" header={text("deleteVpc.alone")}>
          {alone.message} ({alone.code})
        </Alert>
      )}
      {blockers.length > 0 && (
        <Alert type="error" header={text("deleteVpc.blocked", { count: blockers.length })}>
          <SpaceBetween size="xxs">
            {blockers.map(({ id, name, why }) => (
              <div key={id}>
                <IdLink region={region} id={id} name={name} />: {text(why)}
              </div>
            ))}
          </SpaceBetween>
        </Alert>
      )}
      {blockers.length === 0 && <Alert type="warning">{text("deleteVpc.will")}</Alert>}
      {(network?.peerings.length ?? 0) > 0 && (
        <Alert type="warning">{text("deleteVpc.peerings", { peerings: peeringsOf(network).join(", ") })}</Alert>
      )}
      {row.vpc.IsDefault && <Alert type="warning">{text("deleteVpc.default")}</Alert>}
      {blockers.length === 0 && (
        <FormField label={text("deleteVpc.confirm", { word: CONFIRMED })}>
          <Input value={typed} onChange={({ detail }) => type(detail.value)} placeholder={CONFIRMED} />
        </FormField>
      )}
    </ChainDialog>
  );
}

function peeringsOf(network: Network | null | undefined): string[] {
  return (network?.peerings ?? []).map(({ VpcPeeringConnectionId = "" }) => VpcPeeringConnectionId);
}

/** What a dry run depends on. */
function stateOf(network: Network | null | undefined): string {
  if (!network) return "";
  const { subnets, tables, acls, groups, interfaces, internetGateways, egressOnlyGateways } = network;
  return [subnets, tables, acls, groups, interfaces, internetGateways, egressOnlyGateways].map((found) => found.length).join();
}
