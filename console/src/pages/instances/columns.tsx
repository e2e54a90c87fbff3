/** The columns of the instances' table, and how states are shown everywhere. */
import Link from "@cloudscape-design/components/link";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import { at } from "../../shell/place";
import type { Column, Description } from "../../table/ResourceTable";
import { useText, type Text } from "../../texts/texts";
import type { Row } from "./model";

const OF_STATE: Record<string, StatusIndicatorProps.Type> = {
  pending: "pending",
  running: "success",
  stopping: "in-progress",
  stopped: "stopped",
  "shutting-down": "in-progress",
  terminated: "stopped",
};

/** A state in EC2's own word, which stays as it is in every language. */
export function State({ state }: { state: string }): ReactNode {
  const word = state.charAt(0).toUpperCase() + state.slice(1).replace("-", " ");
  return <StatusIndicator type={OF_STATE[state] ?? "info"}>{word}</StatusIndicator>;
}

export function StatusChecks({ row }: { row: Row }): ReactNode {
  const text = useText();
  const word = statusText(text, row);
  if (row.state !== "running") return word;
  const checks = [row.status?.InstanceStatus?.Status, row.status?.SystemStatus?.Status];
  const type = checks.every((check) => check === "ok") ? "success" : checks.includes("impaired") ? "error" : "pending";
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}

function statusText(text: Text, row: Row): string {
  if (row.state !== "running") return text("status.none");
  const checks = [row.status?.InstanceStatus?.Status, row.status?.SystemStatus?.Status];
  const failed = checks.filter((check) => check === "impaired").length;
  if (failed > 0) return text("status.problem", { failed });
  return text(checks.every((check) => check === "ok") ? "status.passed" : "status.initializing");
}

/** How the table of a region's instances is made up. */
export function instancesDescription(region: string, text: Text, moment: (at: string | undefined) => string): Description<Row> {
  const columns: Column<Row>[] = [
    { id: "name", header: "instance.name", width: 170, value: (row) => row.name },
    {
      id: "id",
      header: "instance.id",
      width: 200,
      value: (row) => row.id,
      cell: (row) => <Link href={at(region, "instances", row.id)}>{row.id}</Link>,
    },
    { id: "state", header: "instance.state", width: 150, value: (row) => row.state, cell: (row) => <State state={row.state} /> },
    {
      id: "status",
      header: "instance.status",
      width: 200,
      value: (row) => statusText(text, row),
      cell: (row) => <StatusChecks row={row} />,
    },
    { id: "type", header: "instance.type", width: 130, value: (row) => row.instance.InstanceType ?? "" },
    { id: "zone", header: "instance.zone", width: 150, value: (row) => row.instance.Placement?.AvailabilityZone ?? "" },
    { id: "public", header: "instance.publicIp", width: 170, value: (row) => row.instance.PublicIpAddress ?? "" },
    { id: "private", header: "instance.privateIp", width: 170, value: (row) => row.instance.PrivateIpAddress ?? "", hidden: true },
    { id: "key", header: "instance.key", width: 140, value: (row) => row.instance.KeyName ?? "" },
    {
      id: "groups",
      header: "instance.groups",
      width: 160,
      value: (row) => (row.instance.SecurityGroups ?? []).map((group) => group.GroupName).join(", "),
    },
    {
      id: "launched",
      header: "instance.launched",
      width: 210,
      value: (row) => row.instance.LaunchTime ?? "",
      cell: (row) => moment(row.instance.LaunchTime),
    },
    { id: "image", header: "instance.ami", width: 200, value: (row) => row.instance.ImageId ?? "", hidden: true },
  ];
  return {
    name: "instances",
    title: "instances",
    find: "instances.find",
    noMatch: "instances.noMatch",
    columns,
    idOf: (row) => row.id,
    titleOf: (row) => row.name || row.id,
    sortedBy: "name",
  };
}
