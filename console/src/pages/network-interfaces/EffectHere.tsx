/** Whether what is set of a network interface acts on the guest that has it: where guests are alone, nothing does. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { evidenceOf } from "../instances/evidence";
import { useAnswers } from "../security-groups/Enforced";
import { instanceLabel, type InterfaceRow } from "./model";

export function EffectHere({ region, row }: { region: string; row: InterfaceRow }): ReactNode {
  const id = row.eni.Attachment?.InstanceId;
  return id === undefined ? null : <OfGuest region={region} id={id} name={instanceLabel(row)} />;
}

function OfGuest({ region, id, name }: { region: string; id: string; name: string }): ReactNode {
  const text = useText();
  const { value } = useListing(useMemo(() => evidenceOf(region, id), [region, id]));
  const hasGuests = useAnswers() === true; // simulated ones are in no network, which the page says elsewhere
  return hasGuests && value?.network === "user" ? <Alert type="info">{text("eni.modeUser", { instance: name })}</Alert> : null;
}
