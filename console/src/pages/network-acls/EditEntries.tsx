/** Edit the rules of a network ACL one way: shows the calls that this comes to. Where one of them is refused, the editor
 * stays open on the rules that the ACL has then. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { StepsDialog } from "../../resource/StepsDialog";
import { useText } from "../../texts/texts";
import type { Direction } from "../security-groups/grant";
import { editedOf, entriesIn, readingsOf, rebased } from "./editedEntries";
import { isLast, type Entry } from "./entries";
import { EntryRows, faultOf } from "./EntryRows";
import { entrySteps } from "./entrySteps";
import { readEntries, rowLabel, subnetLabel, subnetsWith, type AclRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<AclRow>;
  way: Direction;
  close: () => void;
}

export function EditEntries({ region, items: [row], way, close }: Properties): ReactNode {
  const text = useText();
  const now = changeable(row.entries[way]);
  const [before, setBefore] = useState(now); // as they were when this was opened, or taken over
  const [edited, setEdited] = useState(() => before.map(editedOf));
  const [busy, setBusy] = useState(false);
  const readings = readingsOf(edited);
  const wanted = entriesIn(readings);
  const steps = entrySteps(text, row.id, way, before, wanted);
  const [known, setKnown] = useState([inOneText(before)]); // what the page shows of the ACL, where it is no news here
  const isOld = !busy && !known.includes(inOneText(now));
  const follow = (is: readonly Entry[]): void => {
    setEdited(rebased(edited, readings, before, is));
    setBefore([...is]);
    setKnown([inOneText(is), inOneText(now)]);
  };
  const subnets = subnetsWith(row).map(subnetLabel);
  const title = text(way === "inbound" ? "action.editInbound" : "action.editOutbound");
  return (
    <StepsDialog
      region={region}
      title={`${title}: ${rowLabel(row)}`}
      go={text("acl.save")}
      steps={steps}
      hindered={isOld ? text("rules.old") : faultOf(text, edited, readings)}
      state={inOneText(before)}
      done={text("rules.changed", { name: rowLabel(row), count: steps.length })}
      onMade={() => setBusy(true)}
      onRefused={async () => {
        // Where even reading fails nothing more is known, and the refusal itself is what is shown.
        await readEntries(region, row.id, way).then((is) => follow(changeable(is)), () => undefined);
        setBusy(false);
      }}
      close={close}
    >
      <Alert type="info">
        {text("acl.stateless")}{" "}
        {subnets.length === 0 ? text("acl.willNone") : text("acl.willAct", { subnets: subnets.join(", ") })}
      </Alert>
      <EntryRows way={way} entries={edited} readings={readings} onChange={setEdited} />
      {isOld && (
        <Alert type="warning" action={<Button onClick={() => follow(now)}>{text("rules.follow")}</Button>}>
          {text("rules.old")}
        </Alert>
      )}
    </StepsDialog>
  );
}

function changeable(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => !isLast(entry));
}

function inOneText(entries: readonly Entry[]): string {
  return JSON.stringify(entries);
}
