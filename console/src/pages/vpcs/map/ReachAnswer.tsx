/** The answer to who reaches whom: what decides, and every check of the way there and back. */
import Alert from "@cloudscape-design/components/alert";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useEffect, useMemo, type ReactNode } from "react";
import { useListing } from "../../../api/listing";
import { label, nameTag } from "../../../resource/resource";
import { inWords } from "../../../shell/notices";
import { useText } from "../../../texts/texts";
import { IdLink } from "../links";
import type { Network } from "../network";
import { reachOf, type Decision, type Hop, type Question, type Reach, type Shown } from "./reach";

interface Properties {
  region: string;
  network: Network;
  question: Question;
  show: (shown: Shown | undefined) => void;
}

export function ReachAnswer({ region, network, question, show }: Properties): ReactNode {
  const text = useText();
  const { value: reach, failure } = useListing(useMemo(() => reachOf(region, question), [region, question]));
  const answer = failure === undefined ? reach : undefined;
  useEffect(() => {
    show(answer && { question, reach: answer });
    return () => show(undefined);
  }, [answer, question, show]);
  if (failure !== undefined) return <Alert type="error">{inWords(text, failure)}</Alert>;
  if (reach === undefined) return <StatusIndicator type="loading">{text("loading")}</StatusIndicator>;
  const { deciding } = reach;
  return (
    <div aria-live="polite">
      <Alert type={reach.reached ? "success" : "error"} header={text(reach.reached ? "reach.yes" : "reach.no")}>
        {deciding.by} <IdLink region={region} id={deciding.id} />: {deciding.sentence}
        {reach.forwarded_by !== null && <div>{text("reach.forwarded", { by: endText(network, reach.forwarded_by) })}</div>}
      </Alert>
      <ExpandableSection headerText={text("reach.checks", { count: checksOf(reach).length })}>
        <Checks region={region} network={network} reach={reach} />
      </ExpandableSection>
    </div>
  );
}

interface Check {
  way: "reach.there" | "reach.back";
  hop: Hop;
  decision: Decision;
}

function checksOf({ there, back }: Reach): Check[] {
  const of = (way: Check["way"], hops: readonly Hop[]): Check[] =>
    hops.flatMap((hop) => hop.decisions.map((decision) => ({ way, hop, decision })));
  return [...of("reach.there", there), ...of("reach.back", back)];
}

function Checks({ region, network, reach }: { region: string; network: Network; reach: Reach }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="embedded"
      wrapLines
      items={checksOf(reach)}
      ariaLabels={{ tableLabel: text("reach.title") }}
      columnDefinitions={[
        { id: "way", header: text("reach.way"), cell: ({ way }) => text(way) },
        {
          id: "hop",
          header: text("reach.hop"),
          cell: ({ hop }) => `${endText(network, hop.from)} → ${hop.to === null ? text("reach.nowhere") : endText(network, hop.to)}`,
        },
        {
          id: "by",
          header: text("reach.by"),
          cell: ({ decision }) => (
            <>
              {decision.by} <IdLink region={region} id={decision.id} />
            </>
          ),
          isRowHeader: true,
        },
        {
          id: "admits",
          header: text("reach.verdict"),
          cell: ({ decision: { admits, sentence } }) => (
            <StatusIndicator type={admits ? "success" : "error"} wrapText>
              {sentence}
            </StatusIndicator>
          ),
        },
      ]}
    />
  );
}

/** An end in words: of an interface, whose it is. */
function endText({ interfaces, instances }: Network, end: string): string {
  const owner = interfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === end)?.Attachment?.InstanceId;
  return owner === undefined ? end : label(owner, nameTag(instances.get(owner)?.Tags));
}
