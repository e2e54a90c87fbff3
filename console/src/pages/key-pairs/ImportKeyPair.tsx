/** Import the public half of a key pair that the reader made. */
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import Textarea from "@cloudscape-design/components/textarea";
import { useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli, piped } from "../../api/cli";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { hindranceOfName, KeyPairName } from "./KeyPairName";
import { publicKeyOf } from "./model";

const PRIVATE = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|PuTTY-User-Key-File/;
const MOST = 16 * 1024; // bytes

export function ImportKeyPair({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const say = useSay();
  const [name, setName] = useState("");
  const [material, setMaterial] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  const read = async ([file]: File[]): Promise<void> => {
    if (file === undefined) return;
    setMaterial(publicKeyOf(new Uint8Array(await file.slice(0, MOST + 1).arrayBuffer())));
  };
  const named = { KeyName: name, ...tagSpecifications("key-pair", tags) };
  const act = async (): Promise<void> => {
    await call(region, "ImportKeyPair", { ...named, PublicKeyMaterial: material.trim() });
    say({ type: "success", content: text("keyPair.imported", { name }) });
  };
  const isPrivate = PRIVATE.test(material);
  const hindered =
    hindranceOfName(text, name) ??
    (material.trim() === "" ? text("keyPair.materialMissing") : isPrivate ? text("keyPair.materialPrivate") : null) ??
    (tags.valid ? null : text("tags.invalid"));
  return (
    <Dialog
      title={text("keyPair.import")}
      go={text("keyPair.import")}
      hindered={hindered}
      commands={isPrivate ? [] : [piped(material.trim(), asCli("ImportKeyPair", named, region), "public-key-material")]}
      act={act}
      close={close}
      size="large"
    >
      <KeyPairName region={region} value={name} onChange={setName} />
      <FormField
        label={text("keyPair.material")}
        description={text("keyPair.materialHelp")}
        errorText={isPrivate ? text("keyPair.materialPrivate") : ""}
        secondaryControl={
          <FileUpload
            value={[]}
            onChange={({ detail }) => void read(detail.value)}
            i18nStrings={{ uploadButtonText: () => text("keyPair.browse") }}
          />
        }
        stretch
      >
        <Textarea
          value={material}
          rows={5}
          placeholder="ssh-ed25519 AAAA…"
          spellcheck={false}
          onChange={({ detail }) => setMaterial(detail.value)}
        />
      </FormField>
      <TagsField value={tags} onChange={setTags} />
    </Dialog>
  );
}
