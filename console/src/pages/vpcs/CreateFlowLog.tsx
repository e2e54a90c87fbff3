/** Create a flow log of a VPC or a subnet: it is kept and shown, and nothing is delivered. */
import Alert from "@cloudscape-design/components/alert";
import { useState, type ReactNode } from "react";
import type { Asked } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField, TextField } from "../../resource/fields";
import { NameAndTags } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";
import { rowLabel, type Named } from "./model";

type Wanted = Asked<"CreateFlowLogs">;

const TO_LOGS = "cloud-watch-logs";
const TRAFFIC = ["ALL", "ACCEPT", "REJECT"];
const INTERVALS = ["600", "60"]; // seconds
const DESTINATIONS = [TO_LOGS, "s3", "kinesis-data-firehose"];

interface Properties {
  region: string;
  of: "VPC" | "Subnet";
  item: Named;
  close: () => void;
}

export function CreateFlowLog({ region, of, item, close }: Properties): ReactNode {
  const text = useText();
  const [traffic, setTraffic] = useState("ALL");
  const [interval, setInterval] = useState("600");
  const [type, setType] = useState(TO_LOGS);
  const [destination, setDestination] = useState("");
  const [role, setRole] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  const toLogs = type === TO_LOGS;
  const parameters: Wanted = {
    ResourceIds: [item.id],
    ResourceType: of,
    TrafficType: traffic as Wanted["TrafficType"],
    MaxAggregationInterval: Number(interval),
    LogDestinationType: type as Wanted["LogDestinationType"],
    ...(destination.trim() !== "" && (toLogs ? { LogGroupName: destination.trim() } : { LogDestination: destination.trim() })),
    ...(role.trim() !== "" && { DeliverLogsPermissionArn: role.trim() }),
    ...tagSpecifications("vpc-flow-log", tags),
  };
  return (
    <CallDialog
      region={region}
      title={text("action.createFlowLog")}
      action="CreateFlowLogs"
      parameters={parameters}
      hindered={tags.valid ? null : text("tags.invalid")}
      done={({ FlowLogIds }) => text("flowLog.made", { log: FlowLogIds?.[0] ?? "", of: rowLabel(item) })}
      close={close}
    >
      <Alert type="info">{text("flowLogs.recorded")}</Alert>
      <ChoiceField
        label="flowLog.filter"
        value={traffic}
        onChange={setTraffic}
        options={TRAFFIC.map((value) => ({ value, label: value }))}
      />
      <ChoiceField
        label="flowLog.interval"
        value={interval}
        onChange={setInterval}
        options={INTERVALS.map((value) => ({ value, label: text("flowLog.seconds", { count: value }) }))}
      />
      <ChoiceField
        label="flowLog.destinationType"
        value={type}
        onChange={setType}
        options={DESTINATIONS.map((value) => ({ value, label: value }))}
      />
      <TextField label={toLogs ? "flowLog.group" : "flowLog.arn"} value={destination} onChange={setDestination} />
      {type !== "s3" && <TextField label="flowLog.role" value={role} optional={!toLogs} onChange={setRole} />}
      <NameAndTags value={tags} onChange={setTags} />
    </CallDialog>
  );
}
