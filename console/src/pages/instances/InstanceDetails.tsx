/** One instance: what it is, its volumes, its tags, and why it booted. */
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { at, go } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { State, StatusChecks } from "./columns";
import { InstanceActions } from "./InstanceActions";
import { instancesOf, protectionsOf, type Row } from "./model";
import { Screenshot } from "./Screenshot";
import { SystemLog } from "./SystemLog";
import { Timeline } from "./Timeline";

export default function InstanceDetails({ region, id, tab }: { region: string; id: string; tab: string }): ReactNode {
  const text = useText();
  const { value: rows } = useListing(useMemo(() => instancesOf(region), [region]));
  const row = rows?.find((one) => one.id === id);
  const here = useMemo(() => (row === undefined ? [] : [row]), [row]);
  if (row === undefined) return <Box>{rows === undefined ? text("loading") : text("instance.notFound", { id, region })}</Box>;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={<InstanceActions region={region} selected={here} />}
        >
          {row.name === "" ? id : `${row.name} (${id})`}
        </Header>
      }
    >
      <Tabs
        activeTabId={tab === "" ? "details" : tab}
        onChange={({ detail }) => go(at(region, "instances", id, detail.activeTabId))}
        tabs={[
          { id: "details", label: text("tab.details"), content: <Details region={region} row={row} /> },
          { id: "timeline", label: text("tab.timeline"), content: <Timeline region={region} id={id} /> },
          { id: "storage", label: text("tab.storage"), content: <Storage row={row} /> },
          { id: "tags", label: text("tab.tags"), content: <Tags row={row} /> },
          { id: "log", label: text("tab.log"), content: <SystemLog region={region} id={id} /> },
          { id: "screenshot", label: text("tab.screenshot"), content: <Screenshot region={region} id={id} /> },
        ]}
      />
    </ContentLayout>
  );
}

function Details({ region, row }: { region: string; row: Row }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const of = (protection: boolean | undefined): string => (protection === undefined ? "–" : text(protection ? "enabled" : "disabled"));
  const instance = row.instance;
  return (
    <Container>
      <ColumnLayout>
        <KeyValuePairs
          columns={3}
          items={[
            { label: text("instance.id"), value: row.id },
            { label: text("instance.state"), value: <State state={row.state} /> },
            { label: text("instance.status"), value: <StatusChecks row={row} /> },
            { label: text("instance.type"), value: instance.InstanceType },
            { label: text("instance.publicIp"), value: instance.PublicIpAddress ?? "–" },
            { label: text("instance.privateIp"), value: instance.PrivateIpAddress ?? "–" },
            { label: text("protection.stop"), value: of(protections?.stop) },
            { label: text("protection.termination"), value: of(protections?.termination) },
            { label: text("instance.stateReason"), value: instance.StateReason?.Message ?? "–" },
            { label: text("instance.ami"), value: instance.ImageId },
            { label: text("instance.key"), value: instance.KeyName ?? "–" },
            { label: text("instance.launched"), value: moment(instance.LaunchTime) },
            { label: text("instance.vpc"), value: instance.VpcId ?? "–" },
            { label: text("instance.subnet"), value: instance.SubnetId ?? "–" },
            { label: text("instance.zone"), value: instance.Placement?.AvailabilityZone },
          ]}
        />
      </ColumnLayout>
    </Container>
  );
}

function Storage({ row }: { row: Row }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={<Header variant="h2">{text("instance.volumes")}</Header>}
      items={row.instance.BlockDeviceMappings ?? []}
      ariaLabels={{ tableLabel: text("instance.volumes") }}
      columnDefinitions={[
        { id: "device", header: text("volume.device"), cell: (device) => device.DeviceName, isRowHeader: true },
        { id: "volume", header: text("volume.id"), cell: (device) => device.Ebs?.VolumeId },
        {
          id: "end",
          header: text("volume.onTermination"),
          cell: (device) => text(device.Ebs?.DeleteOnTermination ? "volume.deleted" : "volume.kept"),
        },
      ]}
    />
  );
}

function Tags({ row }: { row: Row }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={<Header variant="h2">{text("instance.tags")}</Header>}
      items={row.instance.Tags ?? []}
      empty={text("tags.empty")}
      ariaLabels={{ tableLabel: text("instance.tags") }}
      columnDefinitions={[
        { id: "key", header: text("tags.key"), cell: (tag) => tag.Key, isRowHeader: true },
        { id: "value", header: text("tags.value"), cell: (tag) => tag.Value },
      ]}
    />
  );
}
