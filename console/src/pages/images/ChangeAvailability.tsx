/** Disable or enable images: says what follows for each, and what does not. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { ForEach } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { launchedFrom, whatGoesOn } from "./model";

interface Properties {
  region: string;
  items: Chosen<Image>;
  change: "disable" | "enable";
  close: () => void;
}

export function ChangeAvailability({ region, items, change, close }: Properties): ReactNode {
  const text = useText();
  const { value: launched } = useListing(useMemo(() => launchedFrom(region), [region]));
  const disables = change === "disable";
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(image) => image.ImageId ?? ""}
      labelOf={(image) => label(image.ImageId ?? "", image.Name ?? "")}
      title={text(disables ? "image.dialog.disable" : "image.dialog.enable", { count: items.length })}
      what={text(disables ? "action.disableImage" : "action.enableImage")}
      action={disables ? "DisableImage" : "EnableImage"}
      parameters={(image) => ({ ImageId: image.ImageId ?? "" })}
      prospect={(image) => ({
        type: disables ? "warning" : "info",
        text: disables ? `${text("image.will.disable")} ${whatGoesOn(text, launched, image)}` : text("image.will.enable"),
      })}
      stateOf={(image) => image.State ?? ""}
      hindered={launched === undefined ? text("loading") : null}
      close={close}
    />
  );
}
