/** Why an instance booted: what the guest did beside what EC2's API says, on one axis, and every boot with its cause. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Boot } from "../../api/types";
import { inWords } from "../../shell/notices";
import { useMoment, useText } from "../../texts/texts";
import { causeText, wayText } from "./causes";
import { evidenceOf, historyOf } from "./evidence";
import { Hibernations } from "./Hibernations";
import type { Row } from "./model";
import { Request } from "./Request";
import { TimelinePicture } from "./TimelinePicture";
import { downtimes, duration, isMoving } from "./timelineModel";
import { useNow } from "./useNow";

const SHOWN = 5; // boots in the picture
const REQUEST = 365; // px: ids and moments are read in one line
const MOMENT = 220;
const WORD = 150;
const WAY = 240;

export function Timeline({ region, item: { id } }: { region: string; item: Row }): ReactNode {
  const text = useText();
  const { value: history, failure } = useListing(useMemo(() => historyOf(region, id), [region, id]));
  const { value: known } = useListing(useMemo(() => evidenceOf(region, id), [region, id]));
  const boots = history?.boots;
  const last = boots?.at(-1);
  const now = useNow(known?.claimed_by != null || (last !== undefined && isMoving(last)));
  if (failure !== undefined) return <Box>{inWords(text, failure)}</Box>;
  if (history === undefined || boots === undefined) return <Box>{text("loading")}</Box>;
  if (boots.length === 0) return <Box>{text("timeline.empty")}</Box>;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description={text("timeline.compressed")}>{text("timeline.title")}</Header>}>
        <TimelinePicture boots={boots.slice(-SHOWN)} moves={history.moves} hibernations={history.hibernations} claim={known?.claimed_by ?? null} now={now} />
      </Container>
      <Boots boots={boots} />
      {history.hibernations.length > 0 && <Hibernations hibernations={history.hibernations} />}
    </SpaceBetween>
  );
}

function Boots({ boots }: { boots: Boot[] }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const down = new Map(downtimes(boots).map((one) => [one.number, one]));
  return (
    <Table
      variant="container"
      header={<Header variant="h2" counter={`(${boots.length})`}>{text("timeline.boots")}</Header>}
      items={[...boots].reverse()}
      trackBy="id"
      ariaLabels={{ tableLabel: text("timeline.title") }}
      wrapLines
      columnDefinitions={[
        { id: "number", header: text("timeline.boot"), cell: (boot) => boot.number, isRowHeader: true, minWidth: 80 },
        {
          id: "cause",
          header: text("timeline.cause"),
          minWidth: WORD,
          cell: (boot) => <Box fontWeight="bold">{causeText(text, boot.cause, boot.action)}</Box>,
        },
        { id: "way", header: text("timeline.way"), cell: (boot) => wayText(text, boot), minWidth: WAY },
        { id: "called", header: text("timeline.called"), cell: (boot) => moment(boot.called_at), minWidth: MOMENT },
        {
          id: "request",
          header: text("timeline.request"),
          cell: (boot) => <Request id={boot.request_id} />,
          minWidth: REQUEST,
        },
        { id: "caller", header: text("timeline.caller"), cell: (boot) => boot.principal_arn ?? "–" },
        { id: "principal", header: text("timeline.principal"), cell: (boot) => boot.principal ?? "–" },
        { id: "started", header: text("timeline.started"), cell: (boot) => moment(boot.started_at), minWidth: MOMENT },
        { id: "reachable", header: text("timeline.reachable"), cell: (boot) => moment(boot.reachable_at), minWidth: MOMENT },
        {
          id: "down",
          header: text("timeline.down"),
          minWidth: WORD,
          cell: (boot) => {
            const found = down.get(boot.number);
            return found === undefined ? "–" : duration(found.whole);
          },
        },
        {
          id: "cut",
          header: text("timeline.cut"),
          minWidth: WORD,
          cell: (boot) => (boot.cut_seconds === null ? "–" : `${Math.round(boot.cut_seconds * 1000)} ms`),
        },
        {
          id: "ended",
          header: text("timeline.ended"),
          minWidth: WORD,
          cell: (boot) => (boot.ended_at === null && boot.end_cause === null ? "–" : causeText(text, boot.end_cause, boot.end_action)),
        },
      ]}
    />
  );
}
