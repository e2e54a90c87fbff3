/** Whether what is made is encrypted, and under which KMS key. */
import Checkbox from "@cloudscape-design/components/checkbox";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { TextField } from "../../resource/fields";
import { useText, type TextKey } from "../../texts/texts";

export interface Encryption {
  encrypted: boolean;
  /** As it is typed: an id, ARN or alias; empty for the account's default. */
  key: string;
}

export const NOT_ENCRYPTED: Encryption = { encrypted: false, key: "" };

interface Properties {
  value: Encryption;
  onChange: (value: Encryption) => void;
  label?: TextKey;
  /** It is encrypted in any case, since what it is made of is. */
  always?: boolean;
}

export function EncryptionFields({ value, onChange, label = "encryption.volume", always = false }: Properties): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="s">
      <Checkbox
        checked={always || value.encrypted}
        disabled={always}
        description={text(always ? "encryption.always" : "encryption.help")}
        onChange={({ detail }) => onChange({ ...value, encrypted: detail.checked })}
      >
        {text(label)}
      </Checkbox>
      {(always || value.encrypted) && (
        <TextField
          label="encryption.key"
          value={value.key}
          onChange={(key) => onChange({ ...value, key })}
          constraint={text(always ? "encryption.sameKey" : "encryption.keyHelp")}
          optional
        />
      )}
    </SpaceBetween>
  );
}

/** What a request says of it: nothing where nothing is asked for. */
export function encryptionAsked({ encrypted, key }: Encryption): { Encrypted?: true; KmsKeyId?: string } {
  if (key.trim() !== "") return { Encrypted: true, KmsKeyId: key.trim() };
  return encrypted ? { Encrypted: true } : {};
}
