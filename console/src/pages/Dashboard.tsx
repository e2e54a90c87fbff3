/** What there is in a region, by state, what happened last, and how much room the host has left. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { call, evidence, type About } from "../api/call";
import { useListing, type Listing } from "../api/listing";
import { at } from "../shell/place";
import { byteSize } from "../texts/bytes";
import { State } from "../resource/State";
import { useText } from "../texts/texts";
import { instancesOf } from "./instances/model";
import { Events } from "./dashboard/Events";

/** In the order of EC2's dashboard; each is counted, and has a page. */
const COUNTED = [
  { what: "images", label: "images", page: "images" },
  { what: "keyPairs", label: "keyPairs", page: "key-pairs" },
  { what: "groups", label: "securityGroups", page: "security-groups" },
  { what: "snapshots", label: "snapshots", page: "snapshots" },
  { what: "volumes", label: "volumes", page: "volumes" },
] as const;
/** In the order in which an instance has them. */
const STATES = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"];
type Counts = Record<(typeof COUNTED)[number]["what"], number>;

interface Storage {
  room: { free_bytes: number; usable_bytes: number };
  bytes_on_disk: number;
}

function countsOf(region: string): Listing<Counts> {
  return {
    key: `${region}/counts`,
    tables: ["images", "key_pairs", "security_groups", "volumes", "snapshots"],
    read: async () => {
      const [images, volumes, snapshots, keyPairs, groups] = await Promise.all([
        call(region, "DescribeImages", { Owners: ["self"] }),
        call(region, "DescribeVolumes", {}),
        call(region, "DescribeSnapshots", { OwnerIds: ["self"] }),
        call(region, "DescribeKeyPairs", {}),
        call(region, "DescribeSecurityGroups", {}),
      ]);
      return {
        images: images.Images?.length ?? 0,
        volumes: volumes.Volumes?.length ?? 0,
        snapshots: snapshots.Snapshots?.length ?? 0,
        keyPairs: keyPairs.KeyPairs?.length ?? 0,
        groups: groups.SecurityGroups?.length ?? 0,
      };
    },
  };
}

function storageOf(region: string): Listing<Storage> {
  return { key: `${region}/storage`, tables: ["volumes", "snapshots", "images"], read: () => evidence(region, "storage") };
}

export default function Dashboard({ region, cloud }: { region: string; cloud: About }): ReactNode {
  const text = useText();
  const { value: rows } = useListing(useMemo(() => instancesOf(region), [region]));
  const { value: counts } = useListing(useMemo(() => countsOf(region), [region]));
  const { value: storage } = useListing(useMemo(() => storageOf(region), [region]));
  const states = Map.groupBy(rows ?? [], (row) => row.state);
  return (
    <ContentLayout header={<Header variant="h1">{text("dashboard.title")}</Header>}>
      <SpaceBetween size="l">
        {cloud.driver === "simulated" && <Alert type="info">{text("driver.simulated")}</Alert>}
        <Container
          header={
            <Header variant="h2">
              <Link href={at(region, "instances")} fontSize="inherit">
                {text("instances")}
              </Link>
            </Header>
          }
        >
          {states.size === 0 ? (
            <Box>{rows === undefined ? text("loading") : text("dashboard.empty")}</Box>
          ) : (
            <KeyValuePairs
              columns={4}
              items={STATES.filter((state) => states.has(state)).map((state) => ({
                label: <State state={state} />,
                value: <Figure>{states.get(state)?.length}</Figure>,
              }))}
            />
          )}
        </Container>
        <Container header={<Header variant="h2">{text("dashboard.resources")}</Header>}>
          <KeyValuePairs
            columns={4}
            items={COUNTED.map(({ what, label, page }) => ({
              label: <Link href={at(region, page)}>{text(label)}</Link>,
              value: <Figure>{counts?.[what]}</Figure>,
            }))}
          />
        </Container>
        <Events region={region} rows={rows} />
        <Container header={<Header variant="h2">{text("dashboard.room")}</Header>}>
          <KeyValuePairs
            columns={2}
            items={[
              { label: text("dashboard.roomFree"), value: <Figure>{byteSize(storage?.room.usable_bytes)}</Figure> },
              { label: text("dashboard.roomTaken"), value: <Figure>{byteSize(storage?.bytes_on_disk)}</Figure> },
            ]}
          />
        </Container>
      </SpaceBetween>
    </ContentLayout>
  );
}

function Figure({ children }: { children: ReactNode }): ReactNode {
  return (
    <Box fontSize="display-l" variant="span">
      {children ?? "–"}
    </Box>
  );
}
