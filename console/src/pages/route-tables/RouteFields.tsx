/** What a row of the editor of routes is made of: which kind of target, and which of that kind. */
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import type { Route } from "../../api/types";
import { useText } from "../../texts/texts";
import type { NewRoute } from "./routeEdits";
import { KINDS, targetText, type Choice, type Kind } from "./targets";

/** A row: a route that there is, or a new one. */
export interface Row {
  destination: string;
  kind: Kind | "";
  id: string;
  /** As it is now. */
  route?: Route;
  added?: NewRoute;
  /** Whether it is to lead elsewhere. */
  isReplaced?: boolean;
}

export function KindField({ row, onChange }: { row: Row; onChange: (kind: Kind) => void }): ReactNode {
  const text = useText();
  const isLocal = row.route?.Origin === "CreateRouteTable";
  // EC2 has the local target for local routes alone, and these lead nowhere else but to an interface or an instance.
  const may = (kind: Kind): boolean => (isLocal ? ["local", "interface", "instance"].includes(kind) : kind !== "local");
  const options = KINDS.filter(({ kind }) => may(kind)).map((one) => ({ value: one.kind, label: text(one.text) }));
  return (
    <Select
      selectedOption={options.find(({ value }) => value === row.kind) ?? null}
      options={options}
      ariaLabel={text("route.target")}
      placeholder={text("route.chooseKind")}
      onChange={({ detail }) => onChange(detail.selectedOption.value as Kind)}
      expandToViewport
    />
  );
}

interface TargetGiven {
  row: Row;
  choices: readonly Choice[];
  onChange: (id: string) => void;
}

export function TargetField({ row, choices, onChange }: TargetGiven): ReactNode {
  const text = useText();
  if (row.kind === "local") {
    return <Input value={targetText({ kind: "local", id: "" })} readOnly ariaLabel={text("route.targetId")} />;
  }
  const options = choices
    .filter(({ kind }) => kind === row.kind)
    .map(({ id, label, description }) => ({ value: id, label, description }));
  const isKnown = row.id === "" || options.some(({ value }) => value === row.id);
  // What is gone is still what the route has.
  const all = isKnown ? options : [{ value: row.id, label: row.id, description: text("route.gone") }, ...options];
  return (
    <Select
      selectedOption={all.find(({ value }) => value === row.id) ?? null}
      options={all}
      disabled={row.kind === ""}
      ariaLabel={text("route.targetId")}
      placeholder={text("route.chooseTarget")}
      empty={text("route.noTarget")}
      filteringType={all.length > 8 ? "auto" : "none"}
      filteringAriaLabel={text("route.targetId")}
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
      expandToViewport
    />
  );
}
