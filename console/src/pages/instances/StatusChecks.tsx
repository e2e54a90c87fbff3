/** The two status checks of an instance. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import { useText, type Text } from "../../texts/texts";
import type { Row } from "./model";

export function StatusChecks({ row }: { row: Row }): ReactNode {
  const text = useText();
  const word = statusText(text, row);
  if (row.state !== "running") return word;
  const checks = [row.status?.InstanceStatus?.Status, row.status?.SystemStatus?.Status];
  const type = checks.every((check) => check === "ok") ? "success" : checks.includes("impaired") ? "error" : "pending";
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}

export function statusText(text: Text, row: Row): string {
  if (row.state !== "running") return text("status.none");
  const checks = [row.status?.InstanceStatus?.Status, row.status?.SystemStatus?.Status];
  const failed = checks.filter((check) => check === "impaired").length;
  if (failed > 0) return text("status.problem", { failed });
  return text(checks.every((check) => check === "ok") ? "status.passed" : "status.initializing");
}
