/** The cloud's own word on a launch that is not made yet: by dry runs, a moment after the form has come to rest. */
import { useEffect, useState } from "react";
import { wouldBeRefused, type Refused } from "../../api/call";
import type { Asked, Image } from "../../api/types";
import { groupParameters, runParameters, type Form } from "./launchModel";

/** `undefined` while it is asked; then every refusal, none where the launch would be made. */
export type Verdict = readonly Refused[] | undefined;

const REST = 400; // ms

/** What is to be asked; null where the form cannot be launched as it is. */
export interface Question {
  run: Asked<"RunInstances">;
  group?: Asked<"CreateSecurityGroup">;
}

/** A security group that does not exist yet cannot be named: it is asked for by itself. */
export function questionOf(form: Form, image: Image): Question {
  if (form.firewall === "existing") return { run: runParameters(form, image, form.groupIds) };
  return { run: runParameters(form, image, []), group: groupParameters(form) };
}

/** `around`: what else may change the answer. While it is asked again for that alone, the answer before stands. */
export function useVerdict(region: string, question: Question | null, around: string): Verdict {
  const [verdict, setVerdict] = useState<{ asked: string; refusals: readonly Refused[] }>();
  const asked = question === null ? "" : JSON.stringify([region, question]);
  useEffect(() => {
    if (question === null) return undefined;
    let current = true;
    const ask = async (): Promise<void> => {
      const { run, group } = question;
      const answers = await Promise.all([
        ...(group === undefined ? [] : [wouldBeRefused(region, "CreateSecurityGroup", group)]),
        wouldBeRefused(region, "RunInstances", run),
      ]);
      if (current) setVerdict({ asked, refusals: answers.filter((answer) => answer !== null) });
    };
    // Where the server does not answer, which the page says already, the launch stays unasked.
    const timer = setTimeout(() => void ask().catch(() => undefined), REST);
    return () => {
      current = false;
      clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what is asked is all in `asked`
  }, [asked, around]);
  return verdict?.asked === asked ? verdict.refusals : undefined;
}
