/** What is known of one instance. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import { protectionsOf, type Row } from "./model";
import { StatusChecks } from "./StatusChecks";

export function InstanceFacts({ region, item: row }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const of = (protection: boolean | undefined): string => (protection === undefined ? "–" : text(protection ? "enabled" : "disabled"));
  const instance = row.instance;
  return (
    <Facts
      facts={[
        ["instance.id", row.id],
        ["instance.state", <State state={row.state} />],
        ["instance.status", <StatusChecks row={row} />],
        ["instance.type", instance.InstanceType],
        ["instance.publicIp", instance.PublicIpAddress],
        ["instance.privateIp", instance.PrivateIpAddress],
        ["protection.stop", of(protections?.stop)],
        ["protection.termination", of(protections?.termination)],
        ["instance.stateReason", instance.StateReason?.Message],
        ["instance.ami", instance.ImageId],
        ["instance.key", instance.KeyName],
        ["instance.launched", moment(instance.LaunchTime)],
        ["instance.vpc", instance.VpcId],
        ["instance.subnet", instance.SubnetId],
        ["instance.zone", instance.Placement?.AvailabilityZone],
      ]}
    />
  );
}
