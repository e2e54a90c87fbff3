/** A dialog that makes one call; the cloud is asked beforehand whether it refuses. */
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
  /** What the button says. */
  go: string;
  action: A;
  /** What is asked for; undefined where nothing is changed yet. */
  parameters: Asked<A> | undefined;
  /** Why it cannot be asked for as it is. */
  hindered?: string | null;
  /** What else a refusal depends on: the cloud is asked again when this changes. */
  state?: string;
  /** Where the AWS CLI takes other words than the API's. */
  command?: string;
  /** What is said when it is done. Throws where an answer says that it was not done. */
  done: (answer: Answered<A>) => string;
  close: () => void;
  children: ReactNode;
}

export function CallDialog<A extends Action>(given: Properties<A>): ReactNode {
  const { region, action, parameters } = given;
  const text = useText();
  const say = useSay();
  const hindered = given.hindered ?? (parameters === undefined ? text("nothing.changed") : null);
  const refusal = useRefusal(region, action, hindered === null ? parameters : undefined, given.state);
  const act = async (): Promise<void> => {
    const content = given.done(await call(region, action, parameters!));
    say({ type: "success", content });
  };
  return (
    <Dialog
      title={given.title}
      go={given.go}
      hindered={hindered ?? hinderedBy(text, refusal)}
      commands={parameters === undefined ? [] : [given.command ?? asCli(action, parameters as object, region)]}
      act={act}
      close={given.close}
      size="large"
    >
      {given.children}
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
