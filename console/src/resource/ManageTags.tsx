/** Change the tags of a resource. */
import { useState, type ReactNode } from "react";
import { call } from "../api/call";
import { asCli } from "../api/cli";
import { Dialog } from "../shell/Dialog";
import { useSay } from "../shell/notices";
import { useText } from "../texts/texts";
import { labelOf, type Resource } from "./resource";
import { TagsField } from "./TagsField";
import { changeable, edited, tagCalls } from "./tags";

interface Properties<T> {
  region: string;
  resource: Pick<Resource<T>, "idOf" | "nameOf" | "tagsOf">;
  item: T;
  close: () => void;
}

export function ManageTags<T>({ region, resource, item, close }: Properties<T>): ReactNode {
  const text = useText();
  const say = useSay();
  const [before] = useState(changeable(resource.tagsOf?.(item) ?? [])); // as they were when this was opened
  const [after, setAfter] = useState(edited(before));
  const { remove, create } = tagCalls(resource.idOf(item), before, after);
  const act = async (): Promise<void> => {
    if (create) await call(region, "CreateTags", create);
    if (remove) await call(region, "DeleteTags", remove);
    say({ type: "success", content: text("tags.changed", { name: labelOf(resource, item) }) });
  };
  return (
    <Dialog
      title={text("action.manageTags")}
      go={text("save")}
      hindered={!after.valid ? text("tags.invalid") : remove || create ? null : text("nothing.changed")}
      commands={[
        ...(create ? [asCli("CreateTags", create, region)] : []),
        ...(remove ? [asCli("DeleteTags", remove, region)] : []),
      ]}
      act={act}
      close={close}
      size="large"
    >
      <TagsField value={after} onChange={setAfter} />
    </Dialog>
  );
}
