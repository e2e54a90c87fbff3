/** Edit the inbound or the outbound rules of a group: says what will change, and makes the calls in an order that leaves
 * what stays alone. Where one of them is refused, the editor stays open on the rules that the group has then. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { useState, type ReactNode } from "react";
import type { Chosen } from "../../resource/resource";
import { commandOf } from "../../resource/steps";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { changesOf, countOf, stepsOf } from "./changes";
import { Done } from "./Done";
import { editedOf, type Present } from "./editedRules";
import { Enforced, OpenToAll } from "./Enforced";
import type { Direction } from "./grant";
import { readRules, rowLabel, type Row } from "./model";
import { Preview } from "./Preview";
import { readingsOf } from "./readings";
import { rebased } from "./rebase";
import { groupOptions } from "./RuleFields";
import { RuleRows } from "./RuleRows";
import { hindranceOf, wantedOf } from "./whole";

interface Properties {
  region: string;
  items: Chosen<Row>;
  way: Direction;
  close: () => void;
}

export function EditRules({ region, items: [row], way, close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [before, setBefore] = useState<readonly Present[]>(row.rules[way]);
  const [rules, setRules] = useState(() => before.map(editedOf));
  const [acting, setActing] = useState(false);
  const [done, setDone] = useState<readonly string[] | null>(null);
  const readings = readingsOf(rules, row.groups);
  const wanted = wantedOf(readings);
  const changes = changesOf(before, wanted);
  const steps = stepsOf(row.id, way, before, changes);
  const [known, setKnown] = useState([inOneText(before)]); // what the page shows of the group, where it is no news here
  const isOld = !acting && !known.includes(inOneText(row.rules[way]));
  const follow = (is: readonly Present[]): void => {
    setRules(rebased(rules, readings, before, is));
    setBefore(is);
    setKnown([inOneText(is), inOneText(row.rules[way])]);
  };
  const act = async (): Promise<void> => {
    const succeeded: string[] = [];
    setActing(true);
    try {
      for (const step of steps) {
        await step.run(region);
        succeeded.push(step.action);
      }
    } catch (failure) {
      setDone(succeeded);
      // Where even reading fails nothing more is known, and the refusal itself is what is shown.
      await readRules(region, row.id).then((is) => follow(is[way]), () => undefined);
      setActing(false);
      throw failure;
    }
    say({ type: "success", content: text("rules.changed", { name: rowLabel(row), count: countOf(changes) }) });
  };
  const title = text(way === "inbound" ? "action.editInbound" : "action.editOutbound");
  return (
    <Dialog
      title={`${title}: ${rowLabel(row)}`}
      go={text("rules.save")}
      hindered={isOld ? text("rules.old") : (hindranceOf(text, readings) ?? (steps.length === 0 ? text("nothing.changed") : null))}
      commands={steps.map((step) => commandOf(step, region))}
      act={act}
      close={close}
      size="max"
    >
      <Enforced way={way} />
      <RuleRows way={way} rules={rules} readings={readings} groups={groupOptions(row.groups)} onChange={setRules} />
      <OpenToAll way={way} grants={wanted.map(({ grant }) => grant)} />
      {isOld && (
        <Alert type="warning" action={<Button onClick={() => follow(row.rules[way])}>{text("rules.follow")}</Button>}>
          {text("rules.old")}
        </Alert>
      )}
      <Preview changes={changes} way={way} groups={row.groups} />
      <Done actions={done} />
    </Dialog>
  );
}

function inOneText(rules: readonly Present[]): string {
  return JSON.stringify(rules.map(({ id, grant, description }) => [id, grant, description]).sort());
}
