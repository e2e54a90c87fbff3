/** What egress-only internet gateways are here. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";

export function IsRecorded(): ReactNode {
  const text = useText();
  return <Alert type="info">{text("egressOnly.recorded")}</Alert>;
}
