/** Change credit specification of a burstable instance: recorded, as EC2 shows it. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useMemo, useState } from "react";
import { useListing } from "../../../api/listing";
import type { ActionDialog } from "../../../resource/resource";
import { Refused } from "../../../api/call";
import { useText } from "../../../texts/texts";
import { creditsOf, type Row } from "../model";
import { SettingDialog } from "./SettingDialog";

export const ChangeCredits: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  const { value: now } = useListing(useMemo(() => creditsOf(region, row), [region, row]));
  const [chosen, setChosen] = useState<boolean>();
  const unlimited = chosen ?? now === "unlimited";
  const wanted = unlimited ? "unlimited" : "standard";
  const change = { InstanceCreditSpecifications: [{ InstanceId: row.id, CpuCredits: wanted }] };
  return (
    <SettingDialog
      region={region}
      row={row}
      title="action.changeCredits"
      action="ModifyInstanceCreditSpecification"
      parameters={now === undefined || now === "" || wanted === now ? undefined : change}
      check={(answer) => {
        const failed = answer.UnsuccessfulInstanceCreditSpecifications?.[0];
        if (failed?.Error) throw new Refused(failed.Error.Code ?? "", failed.Error.Message ?? "", "");
      }}
      close={close}
    >
      <Checkbox checked={unlimited} description={text("credits.help")} onChange={({ detail }) => setChosen(detail.checked)}>
        {text("credits.unlimited")}
      </Checkbox>
      <Alert type="info">{text("credits.recorded")}</Alert>
    </SettingDialog>
  );
};
