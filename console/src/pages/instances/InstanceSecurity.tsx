/** The security groups of one instance, their rules together, and the ports that these open now. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { useMoment, useText } from "../../texts/texts";
import { Enforced, OpenToAll } from "../security-groups/Enforced";
import { securityGroupsOf } from "../security-groups/model";
import { RuleTable } from "../security-groups/RuleTable";
import { GroupLinks } from "../security-groups/words";
import { InstancePorts } from "./InstancePorts";
import type { Row } from "./model";

const WAYS = ["inbound", "outbound"] as const;

export function InstanceSecurity({ region, item: row }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: rows } = useListing(useMemo(() => securityGroupsOf(region), [region]));
  if (rows === undefined) return text("loading");
  const ids = (row.instance.SecurityGroups ?? []).map(({ GroupId = "" }) => GroupId);
  const members = rows.filter(({ id }) => ids.includes(id));
  const all = members[0]?.groups ?? new Map();
  return (
    <SpaceBetween size="m">
      <Facts
        facts={[
          ["group.owner", row.instance.NetworkInterfaces?.[0]?.OwnerId],
          ["instance.launched", moment(row.instance.LaunchTime)],
          ["instance.groups", members.length > 0 && <GroupLinks region={region} groups={row.instance.SecurityGroups ?? []} />],
        ]}
      />
      {WAYS.map((way) => {
        const rules = members.flatMap((one) => one.rules[way]);
        return (
          <SpaceBetween key={way} size="m">
            <Enforced way={way} isSecond={way === "outbound"} />
            <OpenToAll way={way} grants={rules.map(({ grant }) => grant)} />
            <RuleTable region={region} way={way} rules={rules} groups={all} ofSeveral />
            {way === "inbound" && <InstancePorts region={region} id={row.id} />}
          </SpaceBetween>
        );
      })}
    </SpaceBetween>
  );
}
