/** What names a prefix list, and follows each of its changes. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { associationsOf, type PrefixListRow } from "./model";

export function UsedBy({ region, row }: { region: string; row: PrefixListRow }): ReactNode {
  const text = useText();
  const { value } = useListing(useMemo(() => associationsOf(region, [row.id]), [region, row.id]));
  const found = value?.get(row.id);
  if (found === undefined) return null;
  return (
    <Alert type="info">
      {found.length === 0 ? text("prefixList.usedNowhere") : text("prefixList.usedBy", { resources: found.join(", ") })}
    </Alert>
  );
}
