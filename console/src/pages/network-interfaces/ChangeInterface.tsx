/** A dialog that changes one attribute of a network interface. */
import FormField from "@cloudscape-design/components/form-field";
import type { ReactNode } from "react";
import type { Asked } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { useText, type TextKey } from "../../texts/texts";
import { rowLabel, stateOf, type InterfaceRow } from "./model";

interface Properties {
  region: string;
  row: InterfaceRow;
  /** Says which one it is, where it is chosen. */
  choice?: ReactNode;
  title: TextKey;
  /** The attribute as it is to be; undefined where it is so already. */
  change: Omit<Asked<"ModifyNetworkInterfaceAttribute">, "NetworkInterfaceId"> | undefined;
  hindered?: string | null;
  close: () => void;
  children: ReactNode;
}

export function ChangeInterface({ region, row, choice, title, change, hindered = null, close, children }: Properties): ReactNode {
  const text = useText();
  return (
    <CallDialog
      region={region}
      title={text(title)}
      go={text("save")}
      action="ModifyNetworkInterfaceAttribute"
      parameters={change && { NetworkInterfaceId: row.id, ...change }}
      hindered={hindered}
      state={stateOf(row)}
      done={() => text("settings.changed", { what: text(title), name: rowLabel(row) })}
      close={close}
    >
      {choice ?? <FormField label={text("eni.id")}>{rowLabel(row)}</FormField>}
      {children}
    </CallDialog>
  );
}
