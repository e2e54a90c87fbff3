/** The fast launch of one image: its state and why, and the machines that are prepared of it. */
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { inWords } from "../../shell/notices";
import { useMoment, useText } from "../../texts/texts";
import { instanceTypesOf, sizeOfMachine, typesOfSize } from "../launch/choices";
import { fastLaunchOf, hasFailed, type FastLaunchOf } from "./fastLaunch";

/** Its state in the details of an image; what failed says why. */
export function FastLaunchState({ region, imageId }: { region: string; imageId: string }): ReactNode {
  const { value: found } = useListing(useMemo(() => fastLaunchOf(region, imageId), [region, imageId]));
  if (found === undefined) return "–";
  if (found === null) return <State state="disabled" />;
  const { fastLaunch } = found;
  return (
    <>
      <State state={fastLaunch.State ?? ""} />
      {hasFailed(fastLaunch) && <Box color="text-status-error">{fastLaunch.StateTransitionReason}</Box>}
    </>
  );
}

/** The tab of it. */
export function FastLaunchFacts({ region, item: { ImageId = "" } }: { region: string; item: Image }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: found, failure } = useListing(useMemo(() => fastLaunchOf(region, ImageId), [region, ImageId]));
  if (failure !== undefined) return <Box>{inWords(text, failure)}</Box>;
  if (found === undefined) return <Box>{text("loading")}</Box>;
  const { fastLaunch, machines = [] } = found ?? {};
  return (
    <SpaceBetween size="l">
      <Facts
        title="fastLaunch.title"
        facts={[
          ["fastLaunch.state", <State state={fastLaunch?.State ?? "disabled"} />],
          ["fastLaunch.reason", fastLaunch?.StateTransitionReason],
          ["fastLaunch.since", moment(fastLaunch?.StateTransitionTime)],
          ["fastLaunch.target", fastLaunch?.SnapshotConfiguration?.TargetResourceCount],
          ["fastLaunch.parallel", fastLaunch?.MaxParallelLaunches],
        ]}
      />
      <Machines region={region} machines={machines} />
    </SpaceBetween>
  );
}

function Machines({ region, machines }: { region: string; machines: FastLaunchOf["machines"] }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: types } = useListing(useMemo(() => instanceTypesOf(region), [region]));
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${machines.length})`} description={text("fastLaunch.machinesHelp")}>
          {text("fastLaunch.machines")}
        </Header>
      }
      items={machines}
      trackBy="machine_id"
      wrapLines
      empty={text("fastLaunch.noMachines")}
      ariaLabels={{ tableLabel: text("fastLaunch.machines") }}
      columnDefinitions={[
        { id: "size", header: text("fastLaunch.size"), cell: (one) => sizeOfMachine(text, one.vcpus, one.memory_mib), isRowHeader: true },
        { id: "types", header: text("instance.type"), cell: (one) => typesOfSize(types ?? [], one.vcpus, one.memory_mib).join(", ") || "–" },
        { id: "state", header: text("fastLaunch.state"), cell: (one) => <State state={one.state} /> },
        { id: "reason", header: text("image.stateReason"), cell: (one) => one.reason ?? "–" },
        { id: "ready", header: text("fastLaunch.ready"), cell: (one) => moment(one.ready_at) },
      ]}
    />
  );
}
