/** A dialog that makes several calls, none of which needs another: it lists them with what EC2 would refuse, makes all of
 * them, and shows the result of each. What was done is not made again; what was refused can be corrected and tried again. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState, type ReactNode } from "react";
import { wouldBeRefused, type Refused } from "../api/call";
import { Dialog } from "../shell/Dialog";
import { inWords, useSay } from "../shell/notices";
import { useText } from "../texts/texts";
import { useAnswer } from "./refusal";
import { commandOf, type Step } from "./steps";

/** A call that is to be made. */
export interface Planned {
  step: Step;
  /** What it does, in words. */
  words: string;
  /** Forgets that it was to be made, for it was. */
  forget: () => void;
  /** The cloud is not asked: EC2 has no dry run of it, or a call before it changes the answer. */
  isUnasked?: boolean;
}

interface Made {
  action: string;
  words: string;
  failure: Error | null;
}

interface Properties {
  region: string;
  title: string;
  go: string;
  planned: readonly Planned[];
  /** Why they cannot be made as they are. */
  hindered?: string | null;
  /** What changes the cloud's own word on the calls: it is asked again when this changes. */
  state: string;
  /** What is said once all are made. */
  done: (count: number) => string;
  close: () => void;
  size?: "large" | "max";
  children: ReactNode;
}

export function CallsDialog({ region, title, go, planned, state, done, close, size = "large", ...given }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [made, setMade] = useState<readonly Made[]>([]);
  const refusals = useRefusals(region, planned, state);
  const isRefused = refusals?.some((refusal) => refusal !== null) ?? false;
  const act = async (): Promise<void> => {
    const results: Made[] = [];
    for (const { step, words, forget } of planned) {
      const failure = await step.run(region).then(
        () => null,
        (failed: unknown) => failed as Error,
      );
      results.push({ action: step.action, words, failure });
      setMade([...made, ...results]);
      if (failure === null) forget();
    }
    const refused = results.find(({ failure }) => failure !== null);
    if (refused) throw refused.failure!;
    say({ type: "success", content: done(results.length) });
  };
  const missing =
    given.hindered ??
    (planned.length === 0
      ? text("nothing.changed")
      : refusals === undefined
        ? text("each.asking")
        : isRefused
          ? text("plan.refused")
          : null);
  return (
    <Dialog
      title={title}
      go={go}
      hindered={missing}
      commands={planned.map(({ step }) => commandOf(step, region))}
      act={act}
      close={close}
      size={size}
    >
      {given.children}
      {made.length > 0 && <Results made={made} />}
      <Plan planned={planned} refusals={refusals} />
    </Dialog>
  );
}

/** The calls that will be made, each with EC2's refusal where it has one. */
function Plan({ planned, refusals }: { planned: readonly Planned[]; refusals: readonly (Refused | null)[] | undefined }): ReactNode {
  const text = useText();
  return (
    <div>
      <Box variant="h3">{text("plan.title")}</Box>
      {planned.length === 0 && <Box color="text-body-secondary">{text("nothing.changed")}</Box>}
      <SpaceBetween size="xxs">
        {planned.map(({ step, words }, index) => {
          const refusal = refusals?.[index];
          const type = refusals === undefined ? "loading" : refusal ? "error" : "pending";
          return (
            <div key={index}>
              <StatusIndicator type={type} wrapText>
                {step.action}: {words}
              </StatusIndicator>
              {refusal && (
                <Box color="text-status-error">
                  {refusal.message} ({refusal.code})
                </Box>
              )}
            </div>
          );
        })}
      </SpaceBetween>
    </div>
  );
}

/** What came of the calls that were made. */
function Results({ made }: { made: readonly Made[] }): ReactNode {
  const text = useText();
  return (
    <div aria-live="polite">
      <Box variant="h3">{text("plan.made")}</Box>
      <SpaceBetween size="xxs">
        {made.map(({ action, words, failure }, index) => (
          <div key={index}>
            <StatusIndicator type={failure === null ? "success" : "error"} wrapText>
              {action}: {words}
            </StatusIndicator>
            {failure && <Box color="text-status-error">{inWords(text, failure)}</Box>}
          </div>
        ))}
      </SpaceBetween>
    </div>
  );
}

/** The cloud's own word on each of them, by a dry run; undefined until all of them came. */
function useRefusals(region: string, planned: readonly Planned[], state: string): readonly (Refused | null)[] | undefined {
  const asked = JSON.stringify([region, planned.map(({ step }) => [step.action, step.parameters])]);
  return useAnswer(
    asked,
    () => Promise.all(planned.map(({ step, isUnasked }) => (isUnasked ? null : wouldBeRefused(region, step.action, step.parameters as never)))),
    state,
  );
}
