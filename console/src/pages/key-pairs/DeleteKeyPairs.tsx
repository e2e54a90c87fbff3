/** Delete key pairs: says which instances were launched with each, and that they keep it. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { KeyPair } from "../../api/types";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { instancesOf } from "../instances/model";
import { launchedWith } from "./model";

interface Properties {
  region: string;
  items: readonly KeyPair[];
  close: () => void;
}

export function DeleteKeyPairs({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const { value: instances } = useListing(useMemo(() => instancesOf(region), [region]));
  const prospect = ({ KeyName = "" }: KeyPair): Prospect => {
    if (instances === undefined) return { type: "loading", text: text("loading") };
    const users = launchedWith(instances, KeyName).map((row) => label(row.id, row.name));
    if (users.length === 0) return { type: "warning", text: text("keyPair.willDelete") };
    return { type: "warning", text: text("keyPair.willDeleteUsed", { names: users.join(", ") }) };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(pair) => pair.KeyPairId ?? ""}
      labelOf={(pair) => label(pair.KeyPairId ?? "", pair.KeyName ?? "")}
      title={text("keyPair.deleteTitle", { count: items.length })}
      what={text("keyPair.delete")}
      action="DeleteKeyPair"
      parameters={(pair) => ({ KeyPairId: pair.KeyPairId })}
      prospect={prospect}
      close={close}
    />
  );
}
