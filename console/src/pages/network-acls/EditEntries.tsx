/** Edit the rules of a network ACL one way: shows the calls that this comes to, and what came of each. Where one of them is
 * refused, the editor stays open on what is still to be done. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { useState, type ReactNode } from "react";
import { CallsDialog } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { editedOf, entriesIn, readingsOf, rebased } from "./editedEntries";
import { isLast, type Entry } from "./entries";
import { EntryRows, faultOf } from "./EntryRows";
import { entryCalls } from "./entryCalls";
import { rowLabel, subnetLabel, subnetsWith, type AclRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<AclRow>;
  way: Direction;
  close: () => void;
}

export function EditEntries({ region, items: [row], way, close }: Properties): ReactNode {
  const text = useText();
  const now = changeable(row.entries[way]);
  // What the ACL had when this was opened, or taken over, and after each call that was made here: the last is what it has.
  const [history, setHistory] = useState<readonly (readonly Entry[])[]>([now]);
  const before = history.at(-1)!;
  const [edited, setEdited] = useState(() => before.map(editedOf));
  const readings = readingsOf(edited);
  const planned = entryCalls(text, { acl: row.id, way }, before, entriesIn(readings), (after) =>
    setHistory((known) => [...known, after(known.at(-1)!)]),
  );
  const isOld = !history.map(inOneText).includes(inOneText(now));
  const follow = (): void => {
    setEdited(rebased(edited, readings, before, now));
    setHistory([now]);
  };
  const subnets = subnetsWith(row).map(subnetLabel);
  const title = text(way === "inbound" ? "action.editInbound" : "action.editOutbound");
  return (
    <CallsDialog
      region={region}
      title={`${title}: ${rowLabel(row)}`}
      go={text("acl.save")}
      planned={planned}
      hindered={isOld ? text("rules.old") : faultOf(text, edited, readings)}
      state={inOneText(before)}
      done={(count) => text("rules.changed", { name: rowLabel(row), count })}
      close={close}
      size="max"
    >
      <Alert type="info">
        {text("acl.stateless")}{" "}
        {subnets.length === 0 ? text("acl.willNone") : text("acl.willAct", { subnets: subnets.join(", ") })}
      </Alert>
      <EntryRows way={way} entries={edited} readings={readings} onChange={setEdited} />
      {isOld && (
        <Alert type="warning" action={<Button onClick={follow}>{text("rules.follow")}</Button>}>
          {text("rules.old")}
        </Alert>
      )}
    </CallsDialog>
  );
}

function changeable(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => !isLast(entry));
}

function inOneText(entries: readonly Entry[]): string {
  return JSON.stringify(entries);
}
