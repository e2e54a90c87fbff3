/** A dialog that does one thing to each of several: says what will happen to each, or why EC2 refuses, and what came of it. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useEffect, useState, type ReactNode } from "react";
import { call, wouldBeRefused, type Refused } from "../api/call";
import { asCli } from "../api/cli";
import type { Action, Answered, Asked } from "../api/types";
import { Dialog } from "../shell/Dialog";
import { inWords, useSay } from "../shell/notices";
import { useText } from "../texts/texts";

/** What will happen to one of them: a warning where something is lost. */
export interface Prospect {
  type: StatusIndicatorProps.Type;
  text: ReactNode;
  /** What else there is to say of it. */
  more?: ReactNode;
}

interface Properties<T, A extends Action> {
  region: string;
  items: readonly T[];
  idOf: (item: T) => string;
  labelOf: (item: T) => string;
  /** The dialog's heading, with the number of them. */
  title: string;
  /** What is done, as the button and the notices call it. */
  what: string;
  action: A;
  parameters: (item: T) => Asked<A>;
  /** Throws where an answer says that it was not done. */
  check?: (answer: Answered<A>) => void;
  prospect: (item: T) => Prospect;
  /** What the table knows of why EC2 refuses one; null where it knows nothing. */
  why?: (item: T) => string | null;
  /** The commands that do the same, where there is a shorter way than one for each. */
  commands?: string[];
  /** What changes the cloud's own word on an item: it is asked again when this changes. */
  stateOf?: (item: T) => string;
  /** Whether the parameters can be sent as they are. */
  hindered?: string | null;
  close: () => void;
  children?: ReactNode;
}

export function ForEach<T, A extends Action>(given: Properties<T, A>): ReactNode {
  const { region, items, idOf, labelOf, what, action, parameters } = given;
  const text = useText();
  const say = useSay();
  const refusals = useRefusals(given);
  const allowed = items.filter((item) => refusals?.get(idOf(item)) === null);
  const commands = items.map((item) => asCli(action, parameters(item) as object, region));
  const act = async (): Promise<void> => {
    // One call for each: EC2 does nothing to any where it refuses one of a call, and each result is told.
    const one = async (item: T): Promise<void> => {
      const answer = await call(region, action, parameters(item));
      given.check?.(answer);
    };
    const outcomes = await Promise.allSettled(allowed.map(one));
    const failed = outcomes.map((outcome) => (outcome.status === "rejected" ? (outcome.reason as Error) : null));
    const done = allowed.filter((_, index) => failed[index] === null).map(labelOf);
    if (done.length > 0) {
      const content = text("result.done", { action: what, count: done.length, of: items.length, names: done.join(", ") });
      say({ type: "success", content });
    }
    allowed.forEach((item, index) => {
      const failure = failed[index];
      if (!failure) return;
      say({ type: "error", header: text("failed.title", { action: what }), content: `${labelOf(item)}: ${inWords(text, failure)}` });
    });
  };
  const hindered =
    given.hindered ?? (refusals === undefined ? text("each.asking") : allowed.length === 0 ? text("each.noneAllowed") : null);
  return (
    <Dialog
      title={given.title}
      go={text("each.go", { action: what, count: allowed.length })}
      hindered={hindered}
      commands={given.commands ?? commands}
      act={act}
      close={given.close}
      size="large"
    >
      {given.children}
      <SpaceBetween size="s">
        {items.map((item) => (
          <div key={idOf(item)}>
            <Box fontWeight="bold">{labelOf(item)}</Box>
            <WhatWillBe prospect={given.prospect(item)} refusal={refusals?.get(idOf(item))} why={given.why?.(item) ?? null} />
          </div>
        ))}
      </SpaceBetween>
    </Dialog>
  );
}

interface Answer {
  prospect: Prospect;
  refusal: Refused | null | undefined;
  why: string | null;
}

function WhatWillBe({ prospect, refusal, why }: Answer): ReactNode {
  const text = useText();
  if (refusal === undefined) return <StatusIndicator type="loading">{text("each.asking")}</StatusIndicator>;
  if (refusal === null) {
    return (
      <>
        {/* beside its text, which it would break in the middle of words */}
        <StatusIndicator type={prospect.type} /> {prospect.text}
        {prospect.more}
      </>
    );
  }
  return (
    <>
      <StatusIndicator type="error">{text("each.refused")}</StatusIndicator>
      <Box color="text-status-error">
        {refusal.message} ({refusal.code})
      </Box>
      {why !== null && <Box>{why}</Box>}
    </>
  );
}

/** The cloud's own word on each of them, by a dry run; undefined until all of them came. */
function useRefusals<T, A extends Action>(given: Properties<T, A>): Map<string, Refused | null> | undefined {
  const { region, items, idOf, action, parameters, stateOf } = given;
  const [refusals, setRefusals] = useState<Map<string, Refused | null>>();
  const asked = JSON.stringify(items.map((item) => [parameters(item), stateOf?.(item)]));
  useEffect(() => {
    let current = true;
    const ask = async (item: T): Promise<[string, Refused | null]> => [
      idOf(item),
      await wouldBeRefused(region, action, parameters(item)),
    ];
    Promise.all(items.map(ask)).then(
      (found) => current && setRefusals(new Map(found)),
      () => undefined, // the server does not answer, which the page says already: nothing can be done now
    );
    return () => {
      current = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what is asked is all in `asked`
  }, [region, asked, action]);
  return refusals;
}
