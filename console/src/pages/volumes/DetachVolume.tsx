/** Detach a volume, also by force: says what the guest must do before, and what is lost where it did not. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { ForEach, type Prospect } from "../../resource/ForEach";
import { label, type Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { HibernatedWarning } from "../instances/HibernatedWarning";
import { instanceLabel, instanceState, isRoot, stateOf, type VolumeRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<VolumeRow>;
  force: boolean;
  close: () => void;
}

export function DetachVolume({ region, items, force, close }: Properties): ReactNode {
  const text = useText();
  const what = text(force ? "action.forceDetachVolume" : "action.detachVolume");
  const prospect = (row: VolumeRow): Prospect => {
    const values = { instance: instanceLabel(row), device: row.attachment?.Device ?? "" };
    if (instanceState(row) !== "running") {
      return isRoot(row)
        ? { type: "warning", text: text("detach.willRoot", values) }
        : { type: "info", text: text("detach.willStopped", values) };
    }
    return { type: "warning", text: text(force ? "detach.willForce" : "detach.willRunning", values) };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={(row) => label(row.id, row.name)}
      title={what}
      what={what}
      action="DetachVolume"
      parameters={(row) => ({
        VolumeId: row.id,
        ...(row.attachment?.InstanceId && { InstanceId: row.attachment.InstanceId }),
        ...(force && { Force: true }),
      })}
      prospect={prospect}
      stateOf={stateOf}
      close={close}
    >
      {items
        .filter((row) => instanceState(row) === "stopped")
        .map((row) => (
          <HibernatedWarning key={row.id} region={region} id={row.attachment?.InstanceId ?? ""} />
        ))}
      {items
        .filter((row) => isRoot(row) && instanceState(row) !== "stopped")
        .map((row) => (
          <Alert key={row.id} type="info">
            {text("detach.rootRefused", { instance: instanceLabel(row) })}
          </Alert>
        ))}
    </ForEach>
  );
}
