/** The cloud's own word on a launch that is not made yet: by dry runs. */
import { wouldBeRefused, type Refused } from "../../api/call";
import type { Asked, Image } from "../../api/types";
import { useAnswer } from "../../resource/refusal";
import { groupParameters, runParameters, type Form } from "./launchModel";

/** `undefined` while it is asked; then every refusal, none where the launch would be made. */
export type Verdict = readonly Refused[] | undefined;

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
  const ask = async ({ run, group }: Question): Promise<readonly Refused[]> => {
    const answers = await Promise.all([
      ...(group === undefined ? [] : [wouldBeRefused(region, "CreateSecurityGroup", group)]),
      wouldBeRefused(region, "RunInstances", run),
    ]);
    return answers.filter((answer) => answer !== null);
  };
  return useAnswer(JSON.stringify([region, question]), question === null ? undefined : () => ask(question), around);
}
