/** Modify permissions: who may make volumes of a snapshot, which here is recorded and shown. */
import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { permissionsOf, type SnapshotRow } from "./model";
import { areAccounts, permissionCalls } from "./permissions";

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
    say({ type: "success", content: text("sharing.done", { snapshot: label(row.id, row.name) }) });
  };
  const change = (index: number, value: string): void => setEdited(accounts.map((one, at) => (at === index ? value : one)));
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
      <FormField label={label(row.id, row.name)}>
        <RadioGroup
          value={isPublic ? "public" : "private"}
          onChange={({ detail }) => setPublicly(detail.value === "public")}
          ariaLabel={text("sharing.title")}
          items={[
            { value: "private", label: text("sharing.private"), description: text("sharing.privateHelp") },
            { value: "public", label: text("sharing.public"), description: text("sharing.publicHelp") },
          ]}
        />
      </FormField>
      <FormField label={text("permissions.accounts")}>
        <AttributeEditor
          items={accounts}
          empty={text("permissions.none")}
          addButtonText={text("permissions.add")}
          removeButtonText={text("permissions.remove")}
          removeButtonAriaLabel={(account) => `${text("permissions.remove")} ${account}`}
          onAddButtonClick={() => setEdited([...accounts, ""])}
          onRemoveButtonClick={({ detail }) => setEdited(accounts.filter((_, index) => index !== detail.itemIndex))}
          definition={[
            {
              label: text("permissions.account"),
              errorText: (account) => (areAccounts([account]) || account === "" ? null : text("permissions.wrong")),
              control: (account, index) => (
                <Input value={account} inputMode="numeric" onChange={({ detail }) => change(index, detail.value.trim())} />
              ),
            },
          ]}
        />
      </FormField>
      <Alert type="info">{text("sharing.recorded")}</Alert>
    </Dialog>
  );
}
