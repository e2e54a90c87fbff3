/** Copy a snapshot, to this region or another one of this cloud. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { ChoiceField, TextField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { regionsOf } from "../../shell/regions";
import { useText } from "../../texts/texts";
import { EncryptionFields, encryptionAsked, NOT_ENCRYPTED } from "../volumes/EncryptionFields";
import { Consistency } from "./Consistency";
import type { SnapshotRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<SnapshotRow>;
  close: () => void;
}

export function CopySnapshot({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: regions } = useListing(useMemo(() => regionsOf(region), [region]));
  const [destination, setDestination] = useState(region);
  const [description, setDescription] = useState(`[Copied ${row.id} from ${region}]`);
  const [encryption, setEncryption] = useState(NOT_ENCRYPTED);
  const [tags, setTags] = useState(NO_TAGS);
  const parameters = {
    SourceRegion: region,
    SourceSnapshotId: row.id,
    ...(description !== "" && { Description: description }),
    ...encryptionAsked(encryption),
    ...tagSpecifications("snapshot", tags),
  };
  const missing = tags.valid ? null : text("tags.invalid");
  const refusal = useRefusal(destination, "CopySnapshot", missing === null ? parameters : undefined, row.state);
  const act = async (): Promise<void> => {
    const { SnapshotId } = await call(destination, "CopySnapshot", parameters);
    say({ type: "success", content: text("copySnapshot.done", { copy: SnapshotId ?? "", region: destination }) });
  };
  return (
    <Dialog
      title={text("action.copySnapshot")}
      go={text("action.copySnapshot")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[asCli("CopySnapshot", parameters, destination)]}
      act={act}
      close={close}
      size="large"
    >
      <TextField label="snapshot.description" value={description} onChange={setDescription} constraint={text("snapshot.descriptionHelp")} optional />
      <ChoiceField
        label="copyImage.destination"
        value={destination}
        options={(regions ?? []).map(({ RegionName = "" }) => ({ value: RegionName, label: RegionName }))}
        onChange={setDestination}
        filtered
      />
      <EncryptionFields
        value={encryption}
        onChange={setEncryption}
        label="encryption.snapshot"
        always={row.snapshot.Encrypted ?? false}
      />
      <Alert type="info" header={text("copySnapshot.will", { snapshot: label(row.id, row.name), region: destination })}>
        {text(Object.keys(encryptionAsked(encryption)).length > 0 ? "copySnapshot.anew" : "copySnapshot.why")}
        <Consistency region={region} id={row.id} />
      </Alert>
      <TagsField value={tags} onChange={setTags} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
