/** The snapshots of an image as they were cut, and the instances that booted from it. */
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { State } from "../../resource/State";
import { at } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { wayText } from "../instances/causes";
import type { CutSnapshot, HowCut } from "./model";

interface Properties {
  region: string;
  how: HowCut;
}

export function CutSnapshots({ region, how }: Properties): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Table
      variant="container"
      header={<Header variant="h2" counter={`(${how.snapshots.length})`}>{text("cut.snapshots")}</Header>}
      items={how.snapshots}
      trackBy="device"
      wrapLines
      empty={text("image.noSnapshots")}
      ariaLabels={{ tableLabel: text("cut.snapshots") }}
      columnDefinitions={[
        { id: "device", header: text("volume.device"), cell: (part) => part.device, isRowHeader: true },
        {
          id: "snapshot",
          header: text("snapshot.id"),
          cell: (part) => <Link href={at(region, "snapshots", part.snapshot_id)}>{part.snapshot_id}</Link>,
        },
        { id: "volume", header: text("cut.ofVolume"), cell: (part) => part.volume_id ?? "–" },
        { id: "state", header: text("snapshot.status"), cell: (part) => <Progress part={part} /> },
        { id: "completed", header: text("snapshot.completed"), cell: (part) => moment(part.completed_at) },
        {
          id: "cut",
          header: text("cut.consistency"),
          cell: (part) => (part.consistency === null ? "–" : text(`cut.kind.${part.consistency}`)),
        },
      ]}
    />
  );
}

function Progress({ part }: { part: CutSnapshot }): ReactNode {
  const text = useText();
  if (part.state === null) return text("cut.deleted");
  if (part.state !== "pending") return <State state={part.state} />;
  return <ProgressBar value={part.progress ?? 0} ariaLabel={`${part.snapshot_id}: ${part.state}`} />;
}

export function BootedFromIt({ region, how }: Properties): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${how.booted.length})`} description={text("cut.bootedHelp")}>
          {text("cut.booted")}
        </Header>
      }
      items={how.booted}
      trackBy="instance_id"
      wrapLines
      empty={<Box>{text("cut.notBooted")}</Box>}
      ariaLabels={{ tableLabel: text("cut.booted") }}
      columnDefinitions={[
        {
          id: "instance",
          header: text("instance.id"),
          cell: (boot) => <Link href={at(region, "instances", boot.instance_id, "timeline")}>{boot.instance_id}</Link>,
          isRowHeader: true,
        },
        { id: "started", header: text("timeline.started"), cell: (boot) => moment(boot.started_at) },
        { id: "way", header: text("timeline.way"), cell: (boot) => wayText(text, boot) },
        { id: "reachable", header: text("timeline.reachable"), cell: (boot) => moment(boot.reachable_at) },
      ]}
    />
  );
}
