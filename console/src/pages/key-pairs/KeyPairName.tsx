/** The name of a new key pair: what EC2 takes, and whether it is free. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText, type Text } from "../../texts/texts";
import { keyPairsOf } from "./model";

const NAME = /^[!-~](?:[ -~]{0,253}[!-~])?$/; // ASCII, no space at either end

/** Why a key pair cannot be named so, as far as the name alone tells. */
export function hindranceOfName(text: Text, name: string): string | null {
  return NAME.test(name) ? null : text("keyPair.nameHelp");
}

interface Properties {
  region: string;
  value: string;
  onChange: (name: string) => void;
}

export function KeyPairName({ region, value, onChange }: Properties): ReactNode {
  const text = useText();
  const { value: pairs } = useListing(useMemo(() => keyPairsOf(region), [region]));
  const isTaken = pairs?.some((pair) => pair.KeyName === value) ?? false;
  const wrong = value !== "" ? hindranceOfName(text, value) : null;
  return (
    <FormField
      label={text("keyPair.name")}
      constraintText={text("keyPair.nameHelp")}
      errorText={isTaken ? text("keyPair.taken", { name: value }) : (wrong ?? "")}
      stretch
    >
      <Input value={value} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}
