/** The status checks of a volume. */
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { spoken } from "../../resource/State";
import { useText, type Text, type TextKey } from "../../texts/texts";
import { autoEnableIoOf } from "./AutoEnableIo";
import type { VolumeRow } from "./model";

const TYPES: Record<string, StatusIndicatorProps.Type> = { ok: "success", impaired: "error", warning: "warning" };
const WORDS: Record<string, TextKey> = {
  ok: "volumeStatus.ok",
  impaired: "volumeStatus.impaired",
  "insufficient-data": "volumeStatus.insufficient",
};

export function VolumeStatus({ row }: { row: VolumeRow }): ReactNode {
  const text = useText();
  const word = row.status?.VolumeStatus?.Status ?? "";
  return <StatusIndicator type={TYPES[word] ?? "pending"}>{volumeStatusText(text, row)}</StatusIndicator>;
}

export function volumeStatusText(text: Text, row: VolumeRow): string {
  const word = row.status?.VolumeStatus?.Status ?? "";
  const key = WORDS[word];
  return key === undefined ? word : text(key);
}

const NAMES: Record<string, TextKey> = {
  "io-enabled": "volumeStatus.ioEnabled",
  "io-performance": "volumeStatus.ioPerformance",
  "initialization-state": "volumeStatus.initialization",
};

/** The tab: every check with its result. */
export function VolumeStatusChecks({ region, item: row }: { region: string; item: VolumeRow }): ReactNode {
  const text = useText();
  const { value: auto } = useListing(useMemo(() => autoEnableIoOf(region, row.id), [region, row.id]));
  return (
    <SpaceBetween size="l">
      <Facts
        facts={[
          ["volume.status", <VolumeStatus row={row} />],
          ["volume.autoEnableIo", auto === undefined ? text("loading") : text(auto ? "enabled" : "disabled")],
          ["volume.zone", row.volume.AvailabilityZone],
        ]}
      />
      <Table
        variant="container"
        header={<Header variant="h2">{text("check.title")}</Header>}
        items={row.status?.VolumeStatus?.Details ?? []}
        ariaLabels={{ tableLabel: text("check.title") }}
        columnDefinitions={[
          { id: "name", header: text("volumeStatus.check"), cell: ({ Name = "" }) => nameText(text, Name), isRowHeader: true },
          { id: "result", header: text("volumeStatus.result"), cell: ({ Status = "" }) => spoken(Status) },
        ]}
      />
    </SpaceBetween>
  );
}

function nameText(text: Text, name: string): string {
  const key = NAMES[name];
  return key === undefined ? name : text(key);
}
