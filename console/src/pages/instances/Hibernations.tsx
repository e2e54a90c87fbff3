/** The hibernations of an instance, and how each came out. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Hibernation } from "../../api/types";
import { useMoment, useText, type Text } from "../../texts/texts";
import { Request } from "./Request";

const MEBIBYTE = 2 ** 20;
const REQUEST = 365; // px
const MOMENT = 220;

export function Hibernations({ hibernations }: { hibernations: readonly Hibernation[] }): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={`(${hibernations.length})`} description={text("hibernation.help")}>
          {text("hibernation.title")}
        </Header>
      }
      items={hibernations.toReversed()}
      trackBy="asked_at"
      ariaLabels={{ tableLabel: text("hibernation.title") }}
      wrapLines
      columnDefinitions={[
        { id: "asked", header: text("hibernation.asked"), cell: (one) => moment(one.asked_at), isRowHeader: true, minWidth: MOMENT },
        { id: "request", header: text("timeline.request"), cell: (one) => <Request id={one.request_id} />, minWidth: REQUEST },
        { id: "saved", header: text("hibernation.saved"), cell: (one) => moment(one.suspended_at), minWidth: MOMENT },
        {
          id: "size",
          header: text("hibernation.size"),
          cell: (one) => (one.size_bytes === null ? "–" : `${Math.round(one.size_bytes / MEBIBYTE)} MiB`),
        },
        { id: "resumed", header: text("hibernation.resumed"), cell: (one) => moment(one.resumed_at), minWidth: MOMENT },
        { id: "outcome", header: text("hibernation.outcome"), cell: (one) => outcome(text, one), minWidth: MOMENT },
      ]}
    />
  );
}

/** What became of it, and why it did not come about, or was of no use. */
export function outcome(text: Text, one: Hibernation): string {
  const because = one.because ?? "";
  if (one.resumed_at !== null) return text("hibernation.wentOn");
  if (one.suspended_at === null) return one.ended_at === null ? text("hibernation.underWay") : `${text("hibernation.shutDown")} ${because}`.trim();
  return one.ended_at === null ? text("hibernation.kept") : `${text("hibernation.givenUp")} ${because}`.trim();
}
