/** Delete prefix lists: says what names each, for then EC2 takes the call and the list stays. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach, type Prospect } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { associationsOf, checkDone, rowLabel, stateOf, type PrefixListRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<PrefixListRow>;
  close: () => void;
}

export function DeletePrefixLists({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const ids = items.filter(({ isAws }) => !isAws).map(({ id }) => id).join();
  const { value } = useListing(useMemo(() => associationsOf(region, ids === "" ? [] : ids.split(",")), [region, ids]));
  const prospect = (row: PrefixListRow): Prospect => {
    const naming = value?.get(row.id);
    if (naming === undefined) return { type: "loading", text: text("loading") };
    if (naming.length > 0) return { type: "error", text: text("prefixList.deleteNamed", { resources: naming.join(", ") }) };
    return { type: "warning", text: text("prefixList.deleteWill", { versions: row.list.Version ?? "" }) };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("prefixList.deleteTitle", { count: items.length })}
      what={text("action.deletePrefixList")}
      action="DeleteManagedPrefixList"
      parameters={(row) => ({ PrefixListId: row.id })}
      check={({ PrefixList }) => checkDone(PrefixList)}
      prospect={prospect}
      stateOf={stateOf}
      close={close}
    />
  );
}
