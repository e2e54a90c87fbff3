/** Key pairs: the columns and menus that EC2's console has. */
import Link from "@cloudscape-design/components/link";
import type { KeyPair } from "../../api/types";
import type { Resource } from "../../resource/resource";
import { at } from "../../shell/place";
import { CreateKeyPair } from "./CreateKeyPair";
import { DeleteKeyPairs } from "./DeleteKeyPairs";
import { ImportKeyPair } from "./ImportKeyPair";
import { KeyPairFacts } from "./KeyPairFacts";
import { keyPairsOf } from "./model";

const keyPairs: Resource<KeyPair> = {
  page: "key-pairs",
  title: "keyPairs",
  listing: keyPairsOf,
  idOf: (pair) => pair.KeyPairId ?? "",
  nameOf: (pair) => pair.KeyName ?? "",
  tagsOf: (pair) => pair.Tags ?? [],
  columns: [
    {
      id: "name",
      header: "keyPair.name",
      width: 200,
      value: (pair) => pair.KeyName ?? "",
      cell: (pair, { region }) => <Link href={at(region, "key-pairs", pair.KeyPairId)}>{pair.KeyName}</Link>,
    },
    { id: "type", header: "keyPair.type", width: 160, value: (pair) => pair.KeyType ?? "" },
    {
      id: "created",
      header: "keyPair.createdAt",
      width: 210,
      value: (pair) => pair.CreateTime ?? "",
      cell: (pair, { moment }) => moment(pair.CreateTime),
    },
    { id: "fingerprint", header: "keyPair.fingerprint", width: 420, value: (pair) => pair.KeyFingerprint ?? "" },
    { id: "id", header: "keyPair.id", width: 220, value: (pair) => pair.KeyPairId ?? "" },
  ],
  sortedBy: "name",
  menus: [
    {
      text: "actions",
      items: [
        { id: "delete", text: "keyPair.delete", several: true, dialog: DeleteKeyPairs },
        { id: "import", text: "keyPair.import", alone: ImportKeyPair },
      ],
    },
  ],
  create: { text: "keyPair.create", dialog: CreateKeyPair },
  tabs: [{ id: "details", label: "tab.details", view: KeyPairFacts }],
};

export default keyPairs;
