/** The flow logs of a VPC or a subnet: they are kept and shown, and nothing is delivered. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { nameTag } from "../../resource/resource";
import { useMoment, useText } from "../../texts/texts";
import { flowLogsOf } from "./model";

export function FlowLogs({ region, id }: { region: string; id: string }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: logs } = useListing(useMemo(() => flowLogsOf(region, id), [region, id]));
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" description={text("flowLogs.recorded")}>
          {text("flowLogs")}
        </Header>
      }
      items={logs ?? []}
      loading={logs === undefined}
      loadingText={text("loading")}
      empty={text("flowLogs.none")}
      ariaLabels={{ tableLabel: text("flowLogs") }}
      columnDefinitions={[
        { id: "name", header: text("instance.name"), cell: (one) => nameTag(one.Tags) || "–" },
        { id: "id", header: text("flowLog.id"), cell: (one) => one.FlowLogId, isRowHeader: true },
        { id: "traffic", header: text("flowLog.traffic"), cell: (one) => one.TrafficType },
        { id: "type", header: text("flowLog.destinationType"), cell: (one) => one.LogDestinationType },
        { id: "to", header: text("flowLog.destination"), cell: (one) => one.LogDestination ?? one.LogGroupName ?? "–" },
        { id: "interval", header: text("flowLog.interval"), cell: (one) => text("flowLog.seconds", { count: one.MaxAggregationInterval ?? 0 }) },
        { id: "created", header: text("flowLog.created"), cell: (one) => moment(one.CreationTime) },
      ]}
    />
  );
}
