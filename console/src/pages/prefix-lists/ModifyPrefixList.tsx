/** Modify the name and the entries of a prefix list: its entries get a new version, which what names it follows at once. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { PrefixListEntry } from "../../api/types";
import { CallDialog } from "../../resource/CallDialog";
import { TextField } from "../../resource/fields";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { changesOf, edited, type EditedEntry } from "./entries";
import { EntryRows } from "./EntryRows";
import { entriesOf, rowLabel, stateOf, type PrefixListRow } from "./model";
import { UsedBy } from "./UsedBy";

interface Properties {
  region: string;
  items: Chosen<PrefixListRow>;
  close: () => void;
}

export function ModifyPrefixList({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [version, setVersion] = useState(row.list.Version); // the one that is edited
  const { value: entries } = useListing(useMemo(() => entriesOf(region, row.id, version), [region, row.id, version]));
  const [changed, setChanged] = useState<readonly EditedEntry[]>();
  const [name, setName] = useState(row.list.PrefixListName ?? "");
  const before: readonly PrefixListEntry[] = entries ?? [];
  const rows = changed ?? edited(before);
  const { add, remove } = changesOf(before, rows);
  const isNamed = name !== row.list.PrefixListName;
  const isChanged = add.length > 0 || remove.length > 0;
  const isOld = version !== row.list.Version;
  const follow = (): void => {
    setVersion(row.list.Version);
    setChanged(undefined);
  };
  return (
    <CallDialog
      region={region}
      title={`${text("action.modifyPrefixList")}: ${rowLabel(row)}`}
      go={text("prefixList.save")}
      action="ModifyManagedPrefixList"
      parameters={{
        PrefixListId: row.id,
        ...(isChanged && { CurrentVersion: version }),
        ...(isNamed && { PrefixListName: name }),
        ...(add.length > 0 && { AddEntries: add }),
        ...(remove.length > 0 && { RemoveEntries: remove }),
      }}
      hindered={
        entries === undefined
          ? text("loading")
          : isOld
            ? text("prefixList.old")
            : name === ""
              ? text("prefixList.noName")
              : isNamed || isChanged
                ? null
                : text("nothing.changed")
      }
      state={stateOf(row)}
      done={({ PrefixList }) => text("prefixList.modified", { list: rowLabel(row), version: PrefixList?.Version ?? "" })}
      close={close}
    >
      <TextField label="prefixList.name" value={name} onChange={setName} />
      <FormField label={text("prefixList.entries")} description={text("prefixList.ofMost", { most: row.list.MaxEntries ?? "" })} stretch>
        <EntryRows value={rows} onChange={setChanged} isIpv6={row.list.AddressFamily === "IPv6"} />
      </FormField>
      {isOld && (
        <Alert type="warning" action={<Button onClick={follow}>{text("prefixList.follow")}</Button>}>
          {text("prefixList.old")}
        </Alert>
      )}
      {isChanged && (
        <Alert type="info">
          {text("prefixList.will", { version: (version ?? 0) + 1, added: cidrs(add), removed: cidrs(remove) })}
        </Alert>
      )}
      <UsedBy region={region} row={row} />
    </CallDialog>
  );
}

function cidrs(entries: readonly { Cidr: string }[]): string {
  return entries.map(({ Cidr }) => Cidr).join(", ") || "–";
}
