/** Change how many entries a prefix list may have: what names it must have room for as many rules or routes. */
import Alert from "@cloudscape-design/components/alert";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { NumberField, whole } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { checkDone, rowLabel, stateOf, type PrefixListRow } from "./model";
import { UsedBy } from "./UsedBy";

interface Properties {
  region: string;
  items: Chosen<PrefixListRow>;
  close: () => void;
}

export function ResizePrefixList({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [most, setMost] = useState(String(row.list.MaxEntries ?? ""));
  const size = whole(most);
  return (
    <CallDialog
      region={region}
      title={text("action.resizePrefixList")}
      go={text("prefixList.resize")}
      action="ModifyManagedPrefixList"
      parameters={{ PrefixListId: row.id, MaxEntries: size }}
      hindered={size === undefined ? text("prefixList.mostWrong") : size === row.list.MaxEntries ? text("nothing.changed") : null}
      state={stateOf(row)}
      done={({ PrefixList }) => {
        checkDone(PrefixList);
        return text("prefixList.resized", { list: rowLabel(row), most });
      }}
      close={close}
    >
      <NumberField label="prefixList.most" value={most} onChange={setMost} constraint={text("prefixList.mostHelp")} />
      <Alert type="info">{text("prefixList.counts", { most })}</Alert>
      <UsedBy region={region} row={row} />
    </CallDialog>
  );
}
