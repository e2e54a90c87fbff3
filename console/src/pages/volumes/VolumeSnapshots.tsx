/** The snapshots of one volume. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import { snapshotsOf } from "../snapshots/model";
import type { VolumeRow } from "./model";
import { SnapshotLink } from "./VolumeFacts";

export function VolumeSnapshots({ region, item: row }: { region: string; item: VolumeRow }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: all } = useListing(useMemo(() => snapshotsOf(region), [region]));
  const found = (all ?? [])
    .filter(({ snapshot }) => snapshot.VolumeId === row.id)
    .sort((one, other) => (other.snapshot.StartTime ?? "").localeCompare(one.snapshot.StartTime ?? ""));
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${found.length})`}>
          {text("snapshots")}
        </Header>
      }
      items={found}
      loading={all === undefined}
      loadingText={text("loading")}
      empty={text("volume.noSnapshots")}
      ariaLabels={{ tableLabel: text("snapshots") }}
      columnDefinitions={[
        { id: "id", header: text("snapshot.id"), cell: ({ id }) => <SnapshotLink region={region} id={id} />, isRowHeader: true },
        { id: "name", header: text("instance.name"), cell: ({ name }) => name || "–" },
        { id: "size", header: text("snapshot.size"), cell: ({ snapshot }) => `${snapshot.VolumeSize} GiB` },
        { id: "state", header: text("snapshot.status"), cell: ({ state }) => <State state={state} /> },
        { id: "started", header: text("snapshot.started"), cell: ({ snapshot }) => moment(snapshot.StartTime) },
        { id: "description", header: text("snapshot.description"), cell: ({ snapshot }) => snapshot.Description || "–" },
      ]}
    />
  );
}
