/** Give a prefix list the entries of an earlier version, as a new version. */
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { EntryTable } from "./EntryTable";
import { entriesOf, rowLabel, stateOf, type PrefixListRow } from "./model";
import { UsedBy } from "./UsedBy";
import { VersionField } from "./VersionField";

interface Properties {
  region: string;
  items: Chosen<PrefixListRow>;
  close: () => void;
}

export function RestorePrefixList({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const now = row.list.Version ?? 1;
  const [version, setVersion] = useState(Math.max(1, now - 1));
  const { value: entries } = useListing(useMemo(() => entriesOf(region, row.id, version), [region, row.id, version]));
  return (
    <CallDialog
      region={region}
      title={`${text("action.restorePrefixList")}: ${rowLabel(row)}`}
      go={text("action.restorePrefixList")}
      action="RestoreManagedPrefixListVersion"
      parameters={{ PrefixListId: row.id, PreviousVersion: version, CurrentVersion: now }}
      state={stateOf(row)}
      done={({ PrefixList }) => text("prefixList.modified", { list: rowLabel(row), version: PrefixList?.Version ?? "" })}
      close={close}
    >
      <VersionField value={version} onChange={setVersion} last={now - 1} />
      <EntryTable entries={entries} title={text("prefixList.restoreTitle", { version: now + 1 })} />
      <UsedBy region={region} row={row} />
    </CallDialog>
  );
}
