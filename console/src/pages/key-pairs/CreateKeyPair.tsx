/** Create a key pair: here, and in the launch wizard. Its private half is given out once. */
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useRef, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { Dialog } from "../../shell/Dialog";
import { useText } from "../../texts/texts";
import { hindranceOfName, KeyPairName } from "./KeyPairName";
import type { KeyFormat, KeyType, NewKeyPair } from "./model";
import { PrivateKeyOnce } from "./PrivateKeyOnce";

interface Properties {
  region: string;
  close: () => void;
  /** Called with the name of what was created. */
  created?: (name: string) => void;
}

export function CreateKeyPair({ region, close, created }: Properties): ReactNode {
  const text = useText();
  const [name, setName] = useState("");
  const [type, setType] = useState<KeyType>("rsa");
  const [format, setFormat] = useState<KeyFormat>("pem");
  const [tags, setTags] = useState(NO_TAGS);
  const [made, setMade] = useState<NewKeyPair>();
  const isMade = useRef(false); // the dialog closes after it has acted: then its private key is still to be shown
  if (made !== undefined) return <PrivateKeyOnce made={made} close={close} />;
  const parameters = { KeyName: name, KeyType: type, KeyFormat: format, ...tagSpecifications("key-pair", tags) };
  const act = async (): Promise<void> => {
    const { KeyName = name, KeyMaterial = "" } = await call(region, "CreateKeyPair", parameters);
    isMade.current = true;
    setMade({ name: KeyName, privateKey: KeyMaterial, format });
    created?.(KeyName);
  };
  return (
    <Dialog
      title={text("keyPair.create")}
      go={text("keyPair.create")}
      hindered={hindranceOfName(text, name) ?? (tags.valid ? null : text("tags.invalid"))}
      commands={[asCli("CreateKeyPair", parameters, region)]}
      act={act}
      close={() => {
        if (!isMade.current) close();
      }}
      size="large"
    >
      <KeyPairName region={region} value={name} onChange={setName} />
      <FormField label={text("keyPair.type")}>
        <RadioGroup
          value={type}
          onChange={({ detail }) => setType(detail.value as KeyType)}
          items={[
            { value: "rsa", label: "RSA", description: text("keyPair.rsaHelp") },
            { value: "ed25519", label: "ED25519", description: text("keyPair.ed25519Help") },
          ]}
        />
      </FormField>
      <FormField label={text("keyPair.format")}>
        <RadioGroup
          value={format}
          onChange={({ detail }) => setFormat(detail.value as KeyFormat)}
          items={[
            { value: "pem", label: ".pem", description: text("keyPair.pemHelp") },
            { value: "ppk", label: ".ppk", description: text("keyPair.ppkHelp") },
          ]}
        />
      </FormField>
      <TagsField value={tags} onChange={setTags} />
    </Dialog>
  );
}
