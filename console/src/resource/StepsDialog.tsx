/** A dialog that makes several calls one after the other: shows each beforehand, with the cloud's word on it, and what came
 * of each. Where one is refused those behind it are not made. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useState, type ReactNode } from "react";
import { wouldBeRefused, type Refused } from "../api/call";
import type { Asked } from "../api/types";
import { Dialog } from "../shell/Dialog";
import { inWords, useSay } from "../shell/notices";
import { useText } from "../texts/texts";
import { useAnswer } from "./refusal";
import { commandOf, type ShownStep } from "./steps";

interface Properties {
  region: string;
  title: string;
  go: string;
  steps: readonly ShownStep[];
  /** Why they cannot be made as they are. */
  hindered?: string | null;
  /** What else the cloud's word on them depends on. */
  state?: string;
  /** What is said when all are made. */
  done: string;
  /** A step was made. */
  onMade?: (step: ShownStep) => void;
  /** One of them was refused; it may look at what there is now. */
  onRefused?: () => Promise<void>;
  close: () => void;
  children: ReactNode;
}

/** A step that was tried. */
interface Tried {
  says: string;
  failure: Error | undefined;
}

export function StepsDialog(given: Properties): ReactNode {
  const { region, steps, hindered = null } = given;
  const text = useText();
  const say = useSay();
  const [tried, setTried] = useState<readonly Tried[]>([]);
  const refusals = useRefusals(region, hindered === null ? steps : [], given.state ?? "");
  const refused = refusals?.find((refusal) => refusal !== null);
  const act = async (): Promise<void> => {
    const outcomes: Tried[] = [];
    for (const step of steps) {
      const failure = await step.run(region).then(() => undefined, (reason: Error) => reason);
      outcomes.push({ says: step.says, failure });
      setTried([...outcomes]);
      if (failure !== undefined) {
        await given.onRefused?.();
        throw failure;
      }
      given.onMade?.(step);
    }
    say({ type: "success", content: given.done });
  };
  const why = hindered ?? (steps.length === 0 ? text("nothing.changed") : refusals === undefined ? text("each.asking") : null);
  return (
    <Dialog
      title={given.title}
      go={given.go}
      hindered={why ?? refused?.message ?? null}
      commands={steps.map((step) => commandOf(step, region))}
      act={act}
      close={given.close}
      size="max"
    >
      {given.children}
      <div>
        <Box variant="h3">{text("steps.title", { count: steps.length })}</Box>
        {steps.length === 0 && <Box color="text-body-secondary">{text("nothing.changed")}</Box>}
        <SpaceBetween size="xxs">
          {steps.map((step, index) => (
            <Line key={step.says} type={refusals?.[index] ? "error" : "pending"} says={step.says} refusal={refusals?.[index]} />
          ))}
        </SpaceBetween>
      </div>
      {tried.some(({ failure }) => failure !== undefined) && (
        <div role="status">
          <Box variant="h3">{text("steps.tried")}</Box>
          <SpaceBetween size="xxs">
            {tried.map(({ says, failure }) => (
              <Line key={says} type={failure ? "error" : "success"} says={says} failure={failure} />
            ))}
          </SpaceBetween>
        </div>
      )}
    </Dialog>
  );
}

interface LineGiven {
  type: StatusIndicatorProps.Type;
  says: string;
  /** Why it would be refused. */
  refusal?: Refused | null | undefined;
  /** Why it was refused. */
  failure?: Error | undefined;
}

function Line({ type, says, refusal, failure }: LineGiven): ReactNode {
  const text = useText();
  const why = refusal ? `${refusal.message} (${refusal.code})` : failure && inWords(text, failure);
  return (
    <div>
      <StatusIndicator type={type} wrapText>
        {says}
      </StatusIndicator>
      {why && <Box color="text-status-error">{why}</Box>}
    </div>
  );
}

/** The cloud's word on each step, by a dry run: null for those that it would make, and for those that depend on others. */
function useRefusals(region: string, steps: readonly ShownStep[], state: string): readonly (Refused | null)[] | undefined {
  const asked = JSON.stringify([region, state, steps.map(({ action, parameters }) => [action, parameters])]);
  const ask = (): Promise<(Refused | null)[]> =>
    Promise.all(
      steps.map(({ action, parameters, depends }) =>
        depends ? null : wouldBeRefused(region, action, parameters as Asked<typeof action>),
      ),
    );
  return useAnswer(asked, ask);
}
