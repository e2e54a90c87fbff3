/** What starting, stopping, rebooting, hibernating or terminating will do to one instance: its disks, its addresses, how long it took before. */
import Box from "@cloudscape-design/components/box";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Boot, Hibernation } from "../../api/types";
import { useText, type Text } from "../../texts/texts";
import type { Change } from "./ChangeState";
import { historyOf, keptOf } from "./evidence";
import { attachedTo, isHibernatable, protectionsOf, shutdownBehaviorOf, volumesOf, type Row } from "./model";
import { downtimes, duration, secondsBetween } from "./timelineModel";

interface Properties {
  region: string;
  row: Row;
  change: Change;
  /** Whether its guest is not asked to shut down. */
  skipped: boolean;
  /** What matters most, or the rest of it. */
  part: "first" | "rest";
}

export function StateProspect({ region, row, change, skipped, part }: Properties): ReactNode {
  const text = useText();
  const { value: volumes } = useListing(useMemo(() => attachedTo(region, row.id), [region, row.id]));
  const { value: history } = useListing(useMemo(() => historyOf(region, row.id), [region, row.id]));
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const { value: behavior } = useListing(useMemo(() => shutdownBehaviorOf(region, row.id), [region, row.id]));
  const { boots, hibernations = [] } = history ?? {};
  const isHibernated = keptOf(hibernations) !== undefined;
  const { gone, kept } = volumesOf(row.instance);
  const none = text("state.will.terminateNone");
  const named = (ids: string[]): string => {
    const size = (id: string): string => {
      const found = volumes?.find((volume) => volume.VolumeId === id);
      return found === undefined ? id : `${id} (${found.Size} GiB)`;
    };
    return ids.map(size).join(", ") || none;
  };
  const address = row.instance.PublicIpAddress;
  const isProtected = protections?.stop ?? false;
  const lines: Record<Change, (string | false | undefined)[]> = {
    start: isHibernated
      ? [text("state.will.resume"), text("state.will.resumeElse")]
      : [text("state.will.start"), lastBoot(text, boots)],
    stop: [
      text(skipped ? "state.will.skip" : "state.will.stop"),
      text("state.will.stopVolumes", { volumes: named([...gone, ...kept]) }),
      address !== undefined && text("state.will.stopAddress", { address }),
      text(isHibernatable(row) ? "state.will.stopNotHibernate" : "state.will.stopMemory"),
      behavior === "terminate" && text("state.will.stopBehavior"),
      lastEnd(text, boots, "StopInstances"),
    ],
    reboot: [
      text("state.will.reboot"),
      isProtected && text("state.will.rebootProtected"),
      text("state.will.rebootKept"),
      lastReboot(text, boots),
    ],
    hibernate: [
      text("state.will.hibernate"),
      text("state.will.hibernateElse"),
      text("state.will.stopVolumes", { volumes: named([...gone, ...kept]) }),
      address !== undefined && text("state.will.stopAddress", { address }),
      text("state.will.hibernateKept"),
      lastHibernation(text, hibernations),
    ],
    terminate: [
      text("state.will.terminate", { gone: named(gone), kept: named(kept) }),
      isHibernated && text("state.will.terminateMemory"),
      skipped && text("state.will.skip"),
      address !== undefined && text("state.will.terminateAddress", { address }),
    ],
  };
  const [first, ...rest] = lines[change].filter(Boolean);
  if (part === "first") return first;
  return rest.map((line) => (
    <Box key={String(line)} color="text-body-secondary" padding={{ left: "l" }}>
      {line}
    </Box>
  ));
}

function lastBoot(text: Text, boots: readonly Boot[] = []): string {
  const booted = boots.filter((boot) => !boot.from_memory); // as it will again
  const taken = booted.map((boot) => secondsBetween(boot.started_at, boot.reachable_at)).findLast((one) => one !== null);
  return taken == null ? text("state.last.none") : text("state.last.boot", { seconds: duration(taken) });
}

function lastEnd(text: Text, boots: readonly Boot[] = [], action: string): string {
  const ended = boots.filter((boot) => boot.end_action === action);
  const taken = ended.map((boot) => secondsBetween(boot.end_requested_at, boot.at_rest_at)).findLast((one) => one !== null);
  return taken == null ? text("state.last.none") : text("state.last.stop", { seconds: duration(taken) });
}

function lastHibernation(text: Text, hibernations: readonly Hibernation[]): string {
  const taken = hibernations.map((one) => secondsBetween(one.asked_at, one.suspended_at)).findLast((one) => one !== null);
  return taken == null ? text("state.last.none") : text("state.last.hibernation", { seconds: duration(taken) });
}

function lastReboot(text: Text, boots: readonly Boot[] = []): string {
  const last = downtimes(boots).findLast((down) => down.action === "RebootInstances" || down.action === "CreateImage");
  if (last === undefined) return text("state.last.none");
  const { whole, shutdown, boot, action } = last;
  const taken = { action: action ?? "", whole: duration(whole), shutdown: duration(shutdown), boot: duration(boot) };
  return text("state.last.reboot", taken);
}
