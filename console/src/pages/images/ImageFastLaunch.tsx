/** Whether an image's instances are launched from memory, and what is prepared for that. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useMoment, useText } from "../../texts/texts";
import { fastLaunchOf } from "./fastLaunch";

export function ImageFastLaunch({ region, item: image }: { region: string; item: Image }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const id = image.ImageId ?? "";
  const { value: known } = useListing(useMemo(() => fastLaunchOf(region, id), [region, id]));
  const found = known?.image;
  const machines = known?.machines.filter((machine) => machine.state !== "stale") ?? [];
  return (
    <Facts
      title="fastLaunch"
      facts={[
        ["fastLaunch.state", known === undefined ? text("loading") : <State state={found?.State ?? "disabled"} />],
        ["fastLaunch.reason", found?.StateTransitionReason],
        ["fastLaunch.changed", moment(found?.StateTransitionTime)],
        ["fastLaunch.most", found?.SnapshotConfiguration?.TargetResourceCount],
        [
          "fastLaunch.machines",
          machines.length > 0 && (
            <SpaceBetween size="xxs">
              {machines.map((machine) => (
                <div key={machine.machine_id}>
                  {text("fastLaunch.machine", { vcpus: machine.vcpus, memory: machine.memory_mib })} <State state={machine.state} />
                </div>
              ))}
            </SpaceBetween>
          ),
        ],
      ]}
    />
  );
}
