/** The answer on the dialogs that create snapshots: whether the instance is rebooted, and how its disks will be cut. */
import Alert from "@cloudscape-design/components/alert";
import type { ReactNode } from "react";
import { about, type About } from "../../api/call";
import { useListing, type Listing } from "../../api/listing";
import { wanted, type EditedTags } from "../../resource/tags";
import { useText, type TextKey } from "../../texts/texts";

const FREEZE = "kumoniwa:freeze"; // the tag by which a request says whether the guest agent freezes the file systems
const CLOUD: Listing<About> = { key: "about", tables: [], read: about };

/** How a cut will be: of a volume that no instance has, of a guest that does not run, or of one that goes on running. */
export type Outlook = "unattached" | "stopped" | "frozen" | "running";

/**
 * What is to be expected of a cut of volumes of an instance in this state; without one they are attached nowhere.
 * `freeze`: what the server does where the tags do not say.
 */
export function outlookOf(instanceState: string | undefined, tags: EditedTags, freeze: boolean): Outlook {
  if (instanceState === undefined) return "unattached";
  if (instanceState === "stopped") return "stopped";
  const said = wanted(tags).find((tag) => tag.Key === FREEZE)?.Value;
  return (said === undefined ? freeze : said === "true") ? "frozen" : "running";
}

const WORDS: Record<Outlook, readonly [TextKey, TextKey]> = {
  unattached: ["willCut.unattached", "willCut.unattachedWhy"],
  stopped: ["willCut.stopped", "willCut.stoppedWhy"],
  frozen: ["willCut.frozen", "willCut.frozenWhy"],
  running: ["willCut.running", "willCut.runningWhy"],
};

interface Asked {
  /** The state of the instance that has the volumes; undefined where none has. */
  instanceState: string | undefined;
  tags: EditedTags;
}

export function CutAnswer({ instanceState, tags }: Asked): ReactNode {
  const text = useText();
  const { value: cloud } = useListing(CLOUD);
  if (cloud === undefined) return text("loading");
  const outlook = outlookOf(instanceState, tags, cloud.freeze);
  const [what, why] = WORDS[outlook];
  return (
    <Alert type={outlook === "running" ? "warning" : "info"} header={text(what)}>
      {text(why)}
    </Alert>
  );
}
