/** Edit user data of a stopped instance: as text, or as base64 where it is no text. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Textarea from "@cloudscape-design/components/textarea";
import { useMemo, useState } from "react";
import { bytesOf } from "../../../api/base64";
import { useListing } from "../../../api/listing";
import type { ActionDialog } from "../../../resource/resource";
import { useText } from "../../../texts/texts";
import { MOST_USER_DATA } from "../../launch/userData";
import { userDataOf, type Row } from "../model";
import { SettingDialog, stoppedOnly } from "./SettingDialog";
import { ofText, textOf } from "./userData";

interface Edited {
  value: string;
  encoded: boolean;
}

export const EditUserData: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  const { value: kept } = useListing(useMemo(() => userDataOf(region, row.id), [region, row.id]));
  const [edited, setEdited] = useState<Edited>();
  const { value, encoded } = edited ?? shown(kept ?? "");
  const wanted = encoded ? value.replace(/\s/g, "") : ofText(value);
  const bytes = bytesOf(wanted);
  const turn = (to: boolean): void => setEdited({ value: to ? ofText(value) : (textOf(value) ?? value), encoded: to });
  const wrong =
    bytes === undefined
      ? text("userData.notBase64")
      : bytes.length > MOST_USER_DATA
        ? text("userData.tooLong", { most: MOST_USER_DATA })
        : null;
  const isChanged = kept !== undefined && wanted !== kept;
  return (
    <SettingDialog
      region={region}
      row={row}
      title="action.editUserData"
      action="ModifyInstanceAttribute"
      parameters={isChanged ? { InstanceId: row.id, Attribute: "userData", Value: wanted } : undefined}
      hindered={stoppedOnly(row, text) ?? (kept === undefined ? text("loading") : wrong)}
      close={close}
    >
      <FormField
        label={text("userData.label")}
        description={text("userData.help")}
        constraintText={text("userData.bytes", { bytes: bytes?.length ?? "?", most: MOST_USER_DATA })}
        errorText={wrong ?? ""}
        stretch
      >
        <Textarea
          value={value}
          rows={12}
          spellcheck={false}
          readOnly={kept === undefined || row.state !== "stopped"}
          onChange={({ detail }) => setEdited({ value: detail.value, encoded })}
        />
      </FormField>
      <Checkbox
        checked={encoded}
        disabled={encoded && textOf(value) === undefined}
        description={text("userData.encodedHelp")}
        onChange={({ detail }) => turn(detail.checked)}
      >
        {text("userData.encoded")}
      </Checkbox>
      <Alert type="info">{text("userData.when")}</Alert>
    </SettingDialog>
  );
};

/** What is kept as it is shown first: as text where it is one. */
function shown(kept: string): Edited {
  const plain = textOf(kept);
  return plain === undefined ? { value: kept, encoded: true } : { value: plain, encoded: false };
}
