/** A dialog of one call: the cloud is asked beforehand whether it refuses, whenever what would be sent changes. */
import type { ReactNode } from "react";
import { call } from "../api/call";
import { asCli } from "../api/cli";
import type { Action, Answered, Asked } from "../api/types";
import { Dialog } from "../shell/Dialog";
import { useSay } from "../shell/notices";
import { useText } from "../texts/texts";
import { hinderedBy, useRefusal, WouldBeRefused } from "./refusal";

interface Properties<A extends Action> {
  region: string;
  title: string;
  /** The button, where it is not called as the dialog is. */
  go?: string;
  action: A;
  /** What is asked for, its command is shown even while it cannot be asked for as it is; undefined: nothing is changed yet. */
  parameters: Asked<A> | undefined;
  /** Why it cannot be asked for as it is. */
  hindered?: string | null;
  /** Where the AWS CLI takes other words than the API's. */
  command?: string;
  /** What changes the cloud's own word: it is asked again when this changes. */
  state?: string;
  /** What is said once it is done. Throws where an answer says that it was not done. */
  done: (answer: Answered<A>) => string;
  close: () => void;
  size?: "medium" | "large" | "max";
  children: ReactNode;
}

export function CallDialog<A extends Action>(given: Properties<A>): ReactNode {
  const { region, title, action, parameters, state = "" } = given;
  const text = useText();
  const say = useSay();
  const hindered = given.hindered ?? (parameters === undefined ? text("nothing.changed") : null);
  const refusal = useRefusal(region, action, hindered === null ? parameters : undefined, state);
  const act = async (): Promise<void> => {
    const content = given.done(await call(region, action, parameters!));
    say({ type: "success", content });
  };
  return (
    <Dialog
      title={title}
      go={given.go ?? title}
      hindered={hindered ?? hinderedBy(text, refusal)}
      commands={parameters === undefined ? [] : [given.command ?? asCli(action, parameters as object, region)]}
      act={act}
      close={given.close}
      size={given.size ?? "large"}
    >
      {given.children}
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
