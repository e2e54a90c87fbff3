/** The rules of one way, in the form of a new group. */
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { SecurityGroup } from "../../api/types";
import { useText } from "../../texts/texts";
import type { EditedRule } from "./editedRules";
import { Enforced, OpenToAll } from "./Enforced";
import type { Direction } from "./grant";
import type { Reading } from "./readings";
import { groupOptions } from "./RuleFields";
import { RuleRows } from "./RuleRows";
import { wantedOf } from "./whole";

interface Properties {
  way: Direction;
  rules: readonly EditedRule[];
  readings: ReadonlyMap<number, Reading>;
  groups: ReadonlyMap<string, SecurityGroup>;
  onChange: (rules: EditedRule[]) => void;
}

export function RulesSection({ way, rules, readings, groups, onChange }: Properties): ReactNode {
  const text = useText();
  const title = text(way === "inbound" ? "rules.inbound" : "rules.outbound");
  return (
    <section aria-label={title}>
      <Container header={<Header variant="h2">{title}</Header>}>
        <SpaceBetween size="m">
          <Enforced way={way} isSecond={way === "outbound"} />
          <RuleRows way={way} rules={rules} readings={readings} groups={groupOptions(groups)} areNew onChange={onChange} />
          <OpenToAll way={way} grants={wantedOf(readings).map(({ grant }) => grant)} />
        </SpaceBetween>
      </Container>
    </section>
  );
}
