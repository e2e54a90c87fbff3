/** What CreateImage will do to this very instance: whether it reboots, for how long, what stop protection has to do with it. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Boot } from "../../api/types";
import { useText, type Text } from "../../texts/texts";
import { historyOf, keptOf } from "./evidence";
import type { Row } from "./model";
import { downtimes, type Downtime } from "./timelineModel";

const LAST = 3; // of its reboots, and of its images

interface Properties {
  region: string;
  row: Row;
  reboot: boolean;
  isProtected: boolean;
}

export function CreateImageAnswer({ region, row, reboot, isProtected }: Properties): ReactNode {
  const text = useText();
  const { value: history } = useListing(useMemo(() => historyOf(region, row.id), [region, row.id]));
  if (keptOf(history?.hibernations ?? []) !== undefined) return <Alert type="warning">{text("createImage.hibernated")}</Alert>;
  if (row.state === "stopped") return <Alert type="success" header={text("createImage.stopped")} />;
  if (!reboot) {
    return (
      <Alert type="info" {...(isProtected && { header: text("createImage.protectedNotRebooted") })}>
        {text("createImage.noReboot")}
      </Alert>
    );
  }
  return (
    <Alert
      type={isProtected ? "warning" : "info"}
      header={text(isProtected ? "createImage.protectedAndRebooted" : "createImage.rebooted")}
    >
      <SpaceBetween size="xs">
        <div>{text(isProtected ? "createImage.protectedAndRebootedWhy" : "createImage.rebootedWhy")}</div>
        {howLong(text, history?.boots ?? []).map((sentence) => (
          <div key={sentence}>{sentence}</div>
        ))}
      </SpaceBetween>
    </Alert>
  );
}

/** How long its own last images and reboots kept this instance down. */
function howLong(text: Text, boots: readonly Boot[]): string[] {
  const all = downtimes(boots);
  const of = (action: string): Downtime[] => all.filter((down) => down.action === action).slice(-LAST).reverse();
  const [images, reboots] = [of("CreateImage"), of("RebootInstances")];
  const [last] = images;
  return [
    last === undefined ? text("createImage.noLastReboot") : lastReboot(text, last),
    ...(images.length > 1 ? [text("createImage.lastImages", { times: listed(images) })] : []),
    ...(reboots.length > 0 ? [text("createImage.lastReboots", { times: listed(reboots) })] : []),
  ];
}

function listed(downs: readonly Downtime[]): string {
  return downs.map((down) => `${down.whole.toFixed(1)} s`).join(", ");
}

function lastReboot(text: Text, last: Downtime): string {
  return text("createImage.lastReboot", {
    whole: last.whole.toFixed(1),
    shutdown: last.shutdown.toFixed(1),
    cut: last.cut === null ? text("unknown") : `${Math.round(last.cut * 1000)} ms`,
    boot: last.boot.toFixed(1),
  });
}
