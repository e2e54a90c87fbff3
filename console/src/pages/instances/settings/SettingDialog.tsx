/** A dialog that changes one setting of an instance by one call; the cloud is asked beforehand whether it refuses. */
import FormField from "@cloudscape-design/components/form-field";
import type { ReactNode } from "react";
import { call } from "../../../api/call";
import { asCli } from "../../../api/cli";
import type { Action, Answered, Asked } from "../../../api/types";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../../resource/refusal";
import { label } from "../../../resource/resource";
import { Dialog } from "../../../shell/Dialog";
import { useSay } from "../../../shell/notices";
import { useText, type TextKey } from "../../../texts/texts";
import type { Row } from "../model";

interface Properties<A extends Action> {
  region: string;
  row: Row;
  title: TextKey;
  action: A;
  /** What is asked for; undefined where nothing is changed yet. */
  parameters: Asked<A> | undefined;
  /** Why it cannot be asked for as it is. */
  hindered?: string | null;
  /** Where the AWS CLI takes other words than the API's. */
  command?: string;
  /** Throws where an answer says that it was not done. */
  check?: (answer: Answered<A>) => void;
  close: () => void;
  children: ReactNode;
}

export function SettingDialog<A extends Action>(given: Properties<A>): ReactNode {
  const { region, row, action, parameters } = given;
  const text = useText();
  const say = useSay();
  const hindered = given.hindered ?? (parameters === undefined ? text("nothing.changed") : null);
  const refusal = useRefusal(region, action, hindered === null ? parameters : undefined, row.state);
  const act = async (): Promise<void> => {
    const answer = await call(region, action, parameters!);
    given.check?.(answer);
    say({ type: "success", content: text("settings.changed", { what: text(given.title), name: label(row.id, row.name) }) });
  };
  return (
    <Dialog
      title={text(given.title)}
      go={text("save")}
      hindered={hindered ?? hinderedBy(text, refusal)}
      commands={parameters === undefined ? [] : [given.command ?? asCli(action, parameters as object, region)]}
      act={act}
      close={given.close}
      size="large"
    >
      <FormField label={text("instance.id")}>{label(row.id, row.name)}</FormField>
      {given.children}
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}

/** Why a setting that only a stopped instance can change cannot be changed now. */
export function stoppedOnly(row: Row, text: (key: TextKey, values?: Record<string, string>) => string): string | null {
  return row.state === "stopped" ? null : text("settings.stoppedOnly", { state: row.state });
}
