/** The flow logs of a VPC or a subnet: they are kept and shown, and nothing is delivered. */
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { nameTag } from "../../resource/resource";
import { useMoment, useText } from "../../texts/texts";
import { CreateFlowLog } from "./CreateFlowLog";
import { DeleteFlowLogs } from "./DeleteFlowLogs";
import { flowLogsOf, type Named } from "./model";

export function FlowLogs({ region, of, item }: { region: string; of: "VPC" | "Subnet"; item: Named }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: logs } = useListing(useMemo(() => flowLogsOf(region, item.id), [region, item.id]));
  const [chosen, choose] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<"create" | "delete">();
  const selected = (logs ?? []).filter(({ FlowLogId = "" }) => chosen.includes(FlowLogId));
  const close = (): void => setOpen(undefined);
  return (
    <>
      <Table
        variant="container"
        header={
          <Header
            variant="h2"
            description={text("flowLogs.recorded")}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  disabled={selected.length === 0}
                  {...(selected.length === 0 && { disabledReason: text("actions.chooseFirst") })}
                  onClick={() => setOpen("delete")}
                >
                  {text("action.deleteFlowLog")}
                </Button>
                <Button onClick={() => setOpen("create")}>{text("action.createFlowLog")}</Button>
              </SpaceBetween>
            }
          >
            {text("flowLogs")}
          </Header>
        }
        items={logs ?? []}
        selectionType="multi"
        selectedItems={selected}
        trackBy={({ FlowLogId = "" }) => FlowLogId}
        onSelectionChange={({ detail }) => choose(detail.selectedItems.map(({ FlowLogId = "" }) => FlowLogId))}
        loading={logs === undefined}
        loadingText={text("loading")}
        empty={text("flowLogs.none")}
        ariaLabels={{
          tableLabel: text("flowLogs"),
          selectionGroupLabel: text("flowLogs"),
          allItemsSelectionLabel: () => text("table.selectAll"),
          itemSelectionLabel: (_, { FlowLogId = "" }) => text("table.select", { name: FlowLogId }),
        }}
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
      {open === "create" && <CreateFlowLog region={region} of={of} item={item} close={close} />}
      {open === "delete" && selected.length > 0 && <DeleteFlowLogs region={region} items={selected} close={close} />}
    </>
  );
}
