/** Create a snapshot of one volume: says that nothing is rebooted, and how its disk will be cut. */
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { TextField } from "../../resource/fields";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { label, type Chosen } from "../../resource/resource";
import { TagsField } from "../../resource/TagsField";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { instanceLabel, instanceState, stateOf, type VolumeRow } from "../volumes/model";
import { CutAnswer } from "./CutAnswer";

interface Properties {
  region: string;
  items: Chosen<VolumeRow>;
  close: () => void;
}

export function CreateSnapshot({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [description, setDescription] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  const parameters = {
    VolumeId: row.id,
    ...(description !== "" && { Description: description }),
    ...tagSpecifications("snapshot", tags),
  };
  const missing = tags.valid ? null : text("tags.invalid");
  const refusal = useRefusal(region, "CreateSnapshot", missing === null ? parameters : undefined, stateOf(row));
  const act = async (): Promise<void> => {
    const { SnapshotId } = await call(region, "CreateSnapshot", parameters);
    say({ type: "success", content: text("createSnapshot.done", { ids: SnapshotId ?? "" }) });
  };
  return (
    <Dialog
      title={text("action.createSnapshot")}
      go={text("action.createSnapshot")}
      hindered={missing ?? hinderedBy(text, refusal)}
      commands={[asCli("CreateSnapshot", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <KeyValuePairs
        columns={3}
        items={[
          { label: text("volume.id"), value: label(row.id, row.name) },
          { label: text("volume.capacity"), value: `${row.volume.Size ?? 0} GiB` },
          { label: text("volume.attachedResources"), value: instanceLabel(row) === "" ? "–" : `${instanceLabel(row)} ${row.attachment?.Device}` },
        ]}
      />
      <CutAnswer instanceState={row.attachment && instanceState(row)} tags={tags} />
      <TextField label="snapshot.description" value={description} onChange={setDescription} constraint={text("snapshot.descriptionHelp")} optional />
      <TagsField value={tags} onChange={setTags} />
      <WouldBeRefused refusal={refusal} />
    </Dialog>
  );
}
