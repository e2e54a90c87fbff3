/** What is known of a peering connection, and of its DNS settings. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { blocksOf, resolves, type PeeringRow, type Side } from "./model";

interface Properties {
  region: string;
  item: PeeringRow;
}

export function PeeringFacts({ region, item: row }: Properties): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { requester, accepter, peering } = row;
  return (
    <SpaceBetween size="l">
      {row.state === "pending-acceptance" && (
        <Alert type="info" header={text("peering.waits")}>
          {text("peering.waitsWhy", { region: accepter.Region ?? "", owner: accepter.OwnerId ?? "", at: moment(peering.ExpirationTime) })}
        </Alert>
      )}
      <Facts
        facts={[
          ["peering.id", row.id],
          ["peering.status", <State state={row.state} />],
          ["peering.message", peering.Status?.Message],
          ["peering.requesterVpc", <SideLink region={region} side={requester} />],
          ["peering.requesterBlocks", blocksOf(requester)],
          ["peering.requesterRegion", requester.Region],
          ["peering.requesterOwner", requester.OwnerId],
          ["peering.accepterVpc", <SideLink region={region} side={accepter} />],
          ["peering.accepterBlocks", blocksOf(accepter)],
          ["peering.accepterRegion", accepter.Region],
          ["peering.accepterOwner", accepter.OwnerId],
          ["peering.expires", peering.ExpirationTime && moment(peering.ExpirationTime)],
        ]}
      />
    </SpaceBetween>
  );
}

/** The VPC of a side, in its own region. */
export function SideLink({ region, side }: { region: string; side: Side }): ReactNode {
  return <IdLink region={side.Region ?? region} id={side.VpcId} />;
}

export function PeeringDns({ item: { requester, accepter } }: Properties): ReactNode {
  const text = useText();
  const said = (side: Side): string => text(resolves(side) ? "enabled" : "disabled");
  return (
    <Facts
      title="peering.dns"
      facts={[
        ["peering.requesterDns", said(requester)],
        ["peering.accepterDns", said(accepter)],
      ]}
    />
  );
}
