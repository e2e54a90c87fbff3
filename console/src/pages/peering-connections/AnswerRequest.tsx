/** Accept or reject the request for a peering connection. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { blocksOf, rowLabel, type PeeringRow } from "./model";
import { PeeringFacts } from "./PeeringFacts";

interface Properties {
  region: string;
  items: Chosen<PeeringRow>;
  close: () => void;
}

export function AcceptRequest({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  return (
    <CallDialog
      region={region}
      title={text("action.acceptPeering")}
      action="AcceptVpcPeeringConnection"
      parameters={{ VpcPeeringConnectionId: row.id }}
      state={row.state}
      done={() => text("peering.accepted", { peering: rowLabel(row) })}
      close={close}
    >
      <PeeringFacts region={region} item={row} />
      <Alert type="info">
        {text("peering.acceptWill", {
          requester: row.requester.VpcId ?? "",
          accepter: row.accepter.VpcId ?? "",
          blocks: blocksOf(row.requester),
        })}
      </Alert>
    </CallDialog>
  );
}

export function RejectRequest({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  return (
    <CallDialog
      region={region}
      title={text("action.rejectPeering")}
      action="RejectVpcPeeringConnection"
      parameters={{ VpcPeeringConnectionId: row.id }}
      state={row.state}
      done={() => text("peering.rejected", { peering: rowLabel(row) })}
      close={close}
    >
      <PeeringFacts region={region} item={row} />
      <Alert type="warning">{text("peering.rejectWill")}</Alert>
    </CallDialog>
  );
}
