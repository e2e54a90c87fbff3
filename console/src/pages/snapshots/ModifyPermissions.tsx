/** Modify permissions: who may make volumes of a snapshot, which here is recorded and shown. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { AccountsField, areAccounts } from "../../resource/Accounts";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { permissionsOf, type SnapshotRow } from "./model";
import { permissionCalls } from "./permissions";

interface Properties {
  region: string;
  items: Chosen<SnapshotRow>;
  close: () => void;
}

export function ModifyPermissions({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: now } = useListing(useMemo(() => permissionsOf(region, row.id), [region, row.id]));
  const [publicly, setPublicly] = useState<boolean>();
  const [edited, setEdited] = useState<string[]>();
  const isPublic = publicly ?? now?.isPublic ?? false;
  const accounts = edited ?? now?.accounts ?? [];
  const valid = areAccounts(accounts);
  const calls = now === undefined ? [] : permissionCalls(row.id, now, { isPublic, accounts });
  const hindered =
    now === undefined ? text("loading") : !valid ? text("permissions.wrong") : calls.length === 0 ? text("nothing.changed") : null;
  const act = async (): Promise<void> => {
    for (const asked of calls) await call(region, "ModifySnapshotAttribute", asked);
    say({ type: "success", content: text("permissions.changed", { id: label(row.id, row.name) }) });
  };
  return (
    <Dialog
      title={text("action.modifyPermissions")}
      go={text("save")}
      hindered={hindered}
      commands={calls.map((asked) => asCli("ModifySnapshotAttribute", asked, region))}
      act={act}
      close={close}
      size="large"
    >
      <FormField label={text("sharing.shared")} description={label(row.id, row.name)}>
        <RadioGroup
          value={isPublic ? "public" : "private"}
          readOnly={now === undefined}
          onChange={({ detail }) => setPublicly(detail.value === "public")}
          ariaLabel={text("sharing.title")}
          items={[
            { value: "private", label: text("image.private"), description: text("sharing.privateHelp") },
            { value: "public", label: text("image.public"), description: text("sharing.publicHelp") },
          ]}
        />
      </FormField>
      <AccountsField value={accounts} onChange={setEdited} help="sharing.accountsHelp" loading={now === undefined} />
      <Alert type="info">{text("permissions.here")}</Alert>
    </Dialog>
  );
}
