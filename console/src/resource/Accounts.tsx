/** The accounts that something is shared with, to be edited. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import type { ReactNode } from "react";
import { useText, type TextKey } from "../texts/texts";

const ACCOUNT = /^\d{12}$/;

export function areAccounts(accounts: readonly string[]): boolean {
  return accounts.every((account) => ACCOUNT.test(account));
}

interface Properties {
  value: readonly string[];
  onChange: (accounts: string[]) => void;
  /** What sharing lets them do. */
  help: TextKey;
  /** Whether it is not known yet who they are. */
  loading: boolean;
}

export function AccountsField({ value, onChange, help, loading }: Properties): ReactNode {
  const text = useText();
  return (
    <FormField label={text("permissions.accounts")} description={text(help)}>
      <AttributeEditor
        items={value}
        empty={text("permissions.none")}
        addButtonText={text("permissions.add")}
        disableAddButton={loading}
        removeButtonText={text("remove")}
        removeButtonAriaLabel={(account) => `${text("remove")} ${account}`}
        onAddButtonClick={() => onChange([...value, ""])}
        onRemoveButtonClick={({ detail }) => onChange(value.filter((_, index) => index !== detail.itemIndex))}
        definition={[
          {
            label: text("permissions.account"),
            errorText: (account) => (account === "" || areAccounts([account]) ? null : text("permissions.wrong")),
            control: (account, index) => (
              <Input
                value={account}
                inputMode="numeric"
                ariaLabel={text("permissions.account")}
                onChange={({ detail }) => onChange(value.with(index, detail.value.trim()))}
              />
            ),
          },
        ]}
      />
    </FormField>
  );
}
