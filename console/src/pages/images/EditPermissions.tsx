/** Change who else may launch an image: says what each choice means. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { AccountsField, areAccounts } from "../../resource/Accounts";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { permissionChanges, permissionsOf, type Permissions } from "./model";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function EditPermissions({ region, items: [image], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const id = image.ImageId ?? "";
  const { value: before } = useListing(useMemo(() => permissionsOf(region, id), [region, id]));
  const [edited, setEdited] = useState<Permissions>();
  const after = edited ?? before ?? { everyone: false, accounts: [] };
  const change = permissionChanges(before ?? after, after);
  const parameters = { ImageId: id, LaunchPermission: change };
  const wrong = !areAccounts(after.accounts);
  const isSame = Object.keys(change).length === 0;
  const refusal = useRefusal(region, "ModifyImageAttribute", isSame || wrong ? undefined : parameters);
  const hindered = (): string | null => {
    if (before === undefined) return text("loading");
    if (wrong) return text("permissions.wrong");
    if (isSame) return text("nothing.changed");
    return hinderedBy(text, refusal);
  };
  const act = async (): Promise<void> => {
    await call(region, "ModifyImageAttribute", parameters);
    say({ type: "success", content: text("permissions.changed", { id }) });
  };
  return (
    <Dialog
      title={text("action.editImagePermissions")}
      go={text("save")}
      hindered={hindered()}
      commands={isSame ? [] : [asCli("ModifyImageAttribute", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <FormField label={text("image.visibility")} description={label(id, image.Name ?? "")}>
        <RadioGroup
          value={after.everyone ? "public" : "private"}
          readOnly={before === undefined}
          onChange={({ detail }) => setEdited({ ...after, everyone: detail.value === "public" })}
          ariaLabel={text("image.visibility")}
          items={[
            { value: "private", label: text("image.private"), description: text("permissions.private") },
            { value: "public", label: text("image.public"), description: text("permissions.public") },
          ]}
        />
      </FormField>
      <AccountsField
        value={after.accounts}
        onChange={(accounts) => setEdited({ ...after, accounts })}
        help="permissions.accountsHelp"
        loading={before === undefined}
      />
      <WouldBeRefused refusal={refusal} />
      <Alert type="info">{text("permissions.here")}</Alert>
    </Dialog>
  );
}
