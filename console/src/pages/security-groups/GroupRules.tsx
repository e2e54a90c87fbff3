/** The rules of one group one way, to be seen, tagged and edited. */
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { ManageTags } from "../../resource/ManageTags";
import { nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { EditRules } from "./EditRules";
import { Enforced, OpenToAll } from "./Enforced";
import type { Direction } from "./grant";
import type { Row, Rule } from "./model";
import { RuleTable } from "./RuleTable";

const TAGGED = {
  idOf: (rule: Rule) => rule.id,
  nameOf: (rule: Rule) => nameTag(rule.tags),
  tagsOf: (rule: Rule) => rule.tags,
};

export function GroupRules({ region, item: row, way }: { region: string; item: Row; way: Direction }): ReactNode {
  const text = useText();
  const [isEdited, setEdited] = useState(false);
  const [tagged, setTagged] = useState<Rule>();
  const rules = row.rules[way];
  const actions = (selected: Rule | undefined): ReactNode => (
    <SpaceBetween direction="horizontal" size="xs">
      <Button
        disabled={selected === undefined}
        {...(selected === undefined && { disabledReason: text("actions.chooseOne") })}
        onClick={() => setTagged(selected)}
      >
        {text("action.manageTags")}
      </Button>
      <Button onClick={() => setEdited(true)}>{text(way === "inbound" ? "action.editInbound" : "action.editOutbound")}</Button>
    </SpaceBetween>
  );
  return (
    <SpaceBetween size="m">
      <Enforced way={way} />
      <OpenToAll way={way} grants={rules.map(({ grant }) => grant)} />
      <RuleTable region={region} way={way} rules={rules} groups={row.groups} actions={actions} />
      {isEdited && <EditRules region={region} items={[row]} way={way} close={() => setEdited(false)} />}
      {tagged && <ManageTags region={region} resource={TAGGED} item={tagged} close={() => setTagged(undefined)} />}
    </SpaceBetween>
  );
}
