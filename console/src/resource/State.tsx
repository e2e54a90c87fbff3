/** How the state of a resource is shown everywhere. */
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";

/** EC2's states of instances, volumes, attachments, modifications, snapshots, images and their fast launch, routes, gateways,
 * peering connections and prefix lists; and those of machines that are prepared in memory. */
const OF_STATE: Record<string, StatusIndicatorProps.Type> = {
  pending: "pending",
  running: "success",
  stopping: "in-progress",
  stopped: "stopped",
  "shutting-down": "in-progress",
  terminated: "stopped",
  creating: "pending",
  available: "success",
  "in-use": "success",
  deleting: "in-progress",
  deleted: "stopped",
  attaching: "in-progress",
  attached: "success",
  detaching: "in-progress",
  detached: "stopped",
  busy: "warning",
  modifying: "in-progress",
  optimizing: "in-progress",
  completed: "success",
  recoverable: "warning",
  recovering: "in-progress",
  disabled: "stopped",
  deregistered: "stopped",
  invalid: "error",
  transient: "pending",
  failed: "error",
  active: "success",
  inactive: "stopped",
  blackhole: "error",
  "initiating-request": "pending",
  "pending-acceptance": "pending",
  provisioning: "in-progress",
  rejected: "stopped",
  expired: "stopped",
  "create-complete": "success",
  "modify-complete": "success",
  "restore-complete": "success",
  "modify-failed": "error",
  "delete-failed": "error",
  error: "error",
  enabling: "in-progress",
  "enabling-failed": "error",
  enabled: "success",
  "enabled-failed": "warning",
  disabling: "in-progress",
  "disabling-failed": "error",
  preparing: "in-progress",
  ready: "success",
  stale: "stopped",
};

/**
 * A word of EC2's (`running`, `enabled-with-cooldown`) as people read it; it stays as it is in every language.
 * A moment in it stays whole: `disabled after 2026-11-30T…`.
 */
export function spoken(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).replace(/(?<=[a-z])-(?=[a-z])/g, " ");
}

/** A state in EC2's own word. */
export function State({ state }: { state: string }): ReactNode {
  return <StatusIndicator type={OF_STATE[state] ?? "info"}>{spoken(state)}</StatusIndicator>;
}
