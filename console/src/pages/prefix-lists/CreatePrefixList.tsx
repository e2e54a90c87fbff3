/** Create a prefix list with its entries. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { NumberField, TextField, whole } from "../../resource/fields";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { useText } from "../../texts/texts";
import { asked, type EditedEntry } from "./entries";
import { EntryRows } from "./EntryRows";

const FAMILIES = ["IPv4", "IPv6"] as const;

export function CreatePrefixList({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [name, setName] = useState("");
  const [most, setMost] = useState("10");
  const [family, setFamily] = useState<string>("IPv4");
  const [entries, setEntries] = useState<readonly EditedEntry[]>([]);
  const [tags, setTags] = useState(NO_TAGS);
  const list = asked(entries);
  const missing =
    name === ""
      ? text("prefixList.noName")
      : whole(most) === undefined
        ? text("prefixList.mostWrong")
        : tags.valid
          ? null
          : text("tags.invalid");
  return (
    <CallDialog
      region={region}
      title={text("action.createPrefixList")}
      action="CreateManagedPrefixList"
      parameters={{
        PrefixListName: name,
        AddressFamily: family,
        MaxEntries: whole(most),
        ...(list.length > 0 && { Entries: list }),
        ...tagSpecifications("prefix-list", tags),
      }}
      hindered={missing}
      done={({ PrefixList }) => text("created", { id: PrefixList?.PrefixListId ?? "" })}
      close={close}
    >
      <TextField label="prefixList.name" value={name} onChange={setName} constraint={text("prefixList.nameHelp")} />
      <NumberField label="prefixList.most" value={most} onChange={setMost} constraint={text("prefixList.mostHelp")} />
      <FormField label={text("prefixList.family")}>
        <RadioGroup
          value={family}
          onChange={({ detail }) => setFamily(detail.value)}
          items={FAMILIES.map((one) => ({ value: one, label: one }))}
        />
      </FormField>
      <FormField label={text("prefixList.entries")} stretch>
        <EntryRows value={entries} onChange={setEntries} isIpv6={family === "IPv6"} />
      </FormField>
      <TagsField value={tags} onChange={setTags} />
      <Alert type="info">{text("prefixList.counts", { most })}</Alert>
    </CallDialog>
  );
}
