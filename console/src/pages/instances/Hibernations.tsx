/** Every hibernation of an instance: when its memory was saved, and what became of it. */
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { useMoment, useText, type Text } from "../../texts/texts";
import type { Hibernation } from "./evidence";
import { Request } from "./Request";

const MIB = 1024 * 1024;
const REQUEST = 365; // px: ids and moments are read in one line
const MOMENT = 220;
const WORD = 150;

export function Hibernations({ hibernations }: { hibernations: Hibernation[] }): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Table
      variant="container"
      header={<Header variant="h2" counter={`(${hibernations.length})`}>{text("hibernations")}</Header>}
      items={[...hibernations].reverse()}
      trackBy="asked_at"
      ariaLabels={{ tableLabel: text("hibernations") }}
      wrapLines
      columnDefinitions={[
        { id: "asked", header: text("timeline.called"), cell: (one) => moment(one.asked_at), isRowHeader: true, minWidth: MOMENT },
        { id: "request", header: text("timeline.request"), cell: (one) => <Request id={one.request_id} />, minWidth: REQUEST },
        { id: "saved", header: text("hibernations.saved"), cell: (one) => moment(one.suspended_at), minWidth: MOMENT },
        {
          id: "size",
          header: text("hibernations.size"),
          cell: (one) => (one.size_bytes === null ? "–" : `${Math.round(one.size_bytes / MIB)} MiB`),
          minWidth: WORD,
        },
        { id: "resumed", header: text("hibernations.resumed"), cell: (one) => moment(one.resumed_at), minWidth: MOMENT },
        {
          id: "outcome",
          header: text("hibernations.outcome"),
          cell: (one) => <Box fontWeight="bold">{outcomeOf(text, one)}</Box>,
          minWidth: MOMENT,
        },
      ]}
    />
  );
}

/** What became of a hibernation, in a sentence. */
export function outcomeOf(text: Text, one: Hibernation): string {
  const because = one.because ?? "";
  if (one.resumed_at !== null) return text("hibernations.wentOn");
  if (one.suspended_at === null) {
    return one.ended_at === null ? text("hibernations.underWay") : text("hibernations.shutDown", { because }).trim();
  }
  return one.ended_at === null ? text("hibernations.kept") : text("hibernations.givenUp", { because }).trim();
}
