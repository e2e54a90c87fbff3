/** Says of an instance that is hibernated that its memory is given up by what a dialog is about to do. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { historyOf, keptOf } from "./evidence";

export function HibernatedWarning({ region, id }: { region: string; id: string }): ReactNode {
  const text = useText();
  const { value: history } = useListing(useMemo(() => historyOf(region, id), [region, id]));
  if (keptOf(history?.hibernations ?? []) === undefined) return null;
  return <Alert type="warning">{text("hibernation.willGiveUp", { id })}</Alert>;
}
