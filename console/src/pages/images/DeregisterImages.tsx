/** Deregister images: says for each which snapshots go or stay, which instances go on, or which protection refuses it. */
import Checkbox from "@cloudscape-design/components/checkbox";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { launchedFrom, ownImages, snapshotsOf, whatGoesOn } from "./model";

interface Properties {
  region: string;
  items: Chosen<Image>;
  close: () => void;
}

export function DeregisterImages({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const [withSnapshots, setWithSnapshots] = useState(false);
  const { value: all } = useListing(useMemo(() => ownImages(region), [region]));
  const { value: launched } = useListing(useMemo(() => launchedFrom(region), [region]));
  const prospect = (image: Image): Prospect => {
    const { own, shared } = snapshotsOf(image, all ?? []);
    const [gone, kept] = withSnapshots ? [own, shared] : [[], [...own, ...shared]];
    const sentences = [
      text("image.will.deregister"),
      ...(gone.length > 0 ? [text("image.will.lose", { snapshots: gone.join(", ") })] : []),
      ...(kept.length > 0 ? [text("image.will.keep", { snapshots: kept.join(", ") })] : []),
      whatGoesOn(text, launched, image),
    ];
    return { type: "warning", text: sentences.join(" ") };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(image) => image.ImageId ?? ""}
      labelOf={(image) => label(image.ImageId ?? "", image.Name ?? "")}
      title={text("image.dialog.deregister", { count: items.length })}
      what={text("action.deregisterImage")}
      action="DeregisterImage"
      parameters={(image) => ({
        ImageId: image.ImageId ?? "",
        ...(withSnapshots && { DeleteAssociatedSnapshots: true }),
      })}
      prospect={prospect}
      stateOf={(image) => `${image.State} ${image.DeregistrationProtection}`}
      hindered={all === undefined || launched === undefined ? text("loading") : null}
      close={close}
    >
      <Checkbox
        checked={withSnapshots}
        description={text("image.deleteSnapshotsHelp")}
        onChange={({ detail }) => setWithSnapshots(detail.checked)}
      >
        {text("image.deleteSnapshots")}
      </Checkbox>
    </ForEach>
  );
}
