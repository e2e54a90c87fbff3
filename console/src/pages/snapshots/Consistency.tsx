/** How a snapshot was cut: whether its disk was at rest. */
import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Cut } from "../../api/types";
import { useText, type TextKey } from "../../texts/texts";
import { cutOf } from "./model";

const WORDS: Record<NonNullable<Cut["consistency"]>, TextKey> = {
  "at-rest": "cut.kind.at-rest",
  frozen: "cut.kind.frozen",
  "crash-consistent": "cut.kind.crash-consistent",
};

/** What is known of it, with what was seen that says so. */
export function Consistency({ region, id }: { region: string; id: string }): ReactNode {
  const text = useText();
  const { value: cut, failure } = useListing(useMemo(() => cutOf(region, id), [region, id]));
  if (failure !== undefined && cut === undefined) return failure.message;
  if (cut === undefined) return text("loading");
  if (cut.consistency === null) return <StatusIndicator type="pending">{text("consistency.unknown")}</StatusIndicator>;
  return (
    <div>
      <StatusIndicator type={cut.consistency === "crash-consistent" ? "warning" : "success"}>
        {text(WORDS[cut.consistency])}
      </StatusIndicator>
      <Box color="text-body-secondary" fontSize="body-s">
        {cut.detail}
      </Box>
    </div>
  );
}
