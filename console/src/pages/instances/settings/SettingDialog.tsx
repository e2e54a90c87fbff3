/** A dialog that changes one setting of an instance. */
import FormField from "@cloudscape-design/components/form-field";
import type { ReactNode } from "react";
import type { Action, Answered, Asked } from "../../../api/types";
import { CallDialog } from "../../../resource/CallDialog";
import { label } from "../../../resource/resource";
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

export function SettingDialog<A extends Action>({ row, title, check, children, ...given }: Properties<A>): ReactNode {
  const text = useText();
  return (
    <CallDialog
      {...given}
      title={text(title)}
      go={text("save")}
      state={row.state}
      done={(answer) => {
        check?.(answer);
        return text("settings.changed", { what: text(title), name: label(row.id, row.name) });
      }}
    >
      <FormField label={text("instance.id")}>{label(row.id, row.name)}</FormField>
      {children}
    </CallDialog>
  );
}

/** Why a setting that only a stopped instance can change cannot be changed now. */
export function stoppedOnly(row: Row, text: (key: TextKey, values?: Record<string, string>) => string): string | null {
  return row.state === "stopped" ? null : text("settings.stoppedOnly", { state: row.state });
}
