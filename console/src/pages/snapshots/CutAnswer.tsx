/** The answer on the dialogs that create snapshots: whether the instance is rebooted, and how its disks will be cut. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import type { EditedTags } from "../../resource/tags";
import { wanted } from "../../resource/tags";
import { useText, type TextKey } from "../../texts/texts";

const FREEZE = "kumoniwa:freeze"; // the tag by which a request asks the guest agent to freeze the file systems

/** How a cut will be: of a volume that no instance has, of a guest that does not run, or of one that goes on running. */
export type Outlook = "unattached" | "stopped" | "frozen" | "running";

/** What is to be expected of a cut of volumes of an instance in this state; without one they are attached nowhere. */
export function outlookOf(instanceState: string | undefined, tags: EditedTags): Outlook {
  if (instanceState === undefined) return "unattached";
  if (instanceState === "stopped") return "stopped";
  return wanted(tags).some((tag) => tag.Key === FREEZE && tag.Value === "true") ? "frozen" : "running";
}

const WORDS: Record<Outlook, readonly [TextKey, TextKey]> = {
  unattached: ["willCut.unattached", "willCut.unattachedWhy"],
  stopped: ["willCut.stopped", "willCut.stoppedWhy"],
  frozen: ["willCut.frozen", "willCut.frozenWhy"],
  running: ["willCut.running", "willCut.runningWhy"],
};

export function CutAnswer({ outlook }: { outlook: Outlook }): ReactNode {
  const text = useText();
  const [what, why] = WORDS[outlook];
  return (
    <Alert type={outlook === "running" ? "warning" : "info"} header={text(what)}>
      {text(why)}
    </Alert>
  );
}
