/** Key pair (login): one that is there, a new one, or none, which says what that means. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { CreateKeyPair } from "../key-pairs/CreateKeyPair";
import { keyPairsOf } from "../key-pairs/model";
import { Section, type Editing } from "./Section";

const NONE = ""; // no key pair can be named so

export function KeyPairChoice({ region, form, change }: Editing): ReactNode {
  const text = useText();
  const [isCreating, setCreating] = useState(false);
  const { value: pairs } = useListing(useMemo(() => keyPairsOf(region), [region]));
  const none: SelectProps.Option = { value: NONE, label: text("launch.keyNone") };
  const named = (name: string, type = ""): SelectProps.Option => ({ value: name, label: name, description: type });
  const options = [none, ...(pairs ?? []).map((pair) => named(pair.KeyName ?? "", pair.KeyType))];
  const selected = form.key === undefined ? null : form.key === null ? none : named(form.key);
  return (
    <Section title="launch.key" help="launch.keyHelp">
      <FormField
        label={text("keyPair.name")}
        secondaryControl={<Button onClick={() => setCreating(true)}>{text("launch.keyCreate")}</Button>}
        stretch
      >
        <Select
          selectedOption={selected}
          options={options}
          filteringType="auto"
          filteringAriaLabel={text("launch.keyChoose")}
          placeholder={text("launch.keyChoose")}
          noMatch={text("table.noMatch")}
          onChange={({ detail }) => change({ key: detail.selectedOption.value === NONE ? null : detail.selectedOption.value })}
        />
      </FormField>
      {form.key === null && (
        <Alert type="warning" header={text("launch.keyNoneTitle")}>
          {text("launch.keyNoneMeans")}
        </Alert>
      )}
      {isCreating && <CreateKeyPair region={region} created={(key) => change({ key })} close={() => setCreating(false)} />}
    </Section>
  );
}
