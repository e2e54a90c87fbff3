/** Delete launch templates, with all of their versions. */
import { type ReactNode } from "react";
import type { LaunchTemplate } from "../../api/types";
import { ForEach } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { idOf, stateOf, templateLabel } from "./model";

interface Properties {
  region: string;
  items: Chosen<LaunchTemplate>;
  close: () => void;
}

export function DeleteTemplates({ region, items, close }: Properties): ReactNode {
  const text = useText();
  return (
    <ForEach
      region={region}
      items={items}
      idOf={idOf}
      labelOf={templateLabel}
      title={text("template.deleteTitle", { count: items.length })}
      what={text("action.deleteTemplate")}
      action="DeleteLaunchTemplate"
      parameters={(template) => ({ LaunchTemplateId: idOf(template) })}
      prospect={({ LatestVersionNumber }) => ({ type: "warning", text: text("template.lost", { version: LatestVersionNumber ?? "" }) })}
      stateOf={stateOf}
      close={close}
    />
  );
}
