/** The routes of a table in rows that can be edited. */
import AttributeEditor, { type AttributeEditorProps } from "@cloudscape-design/components/attribute-editor";
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import Input from "@cloudscape-design/components/input";
import type { ReactNode } from "react";
import type { Route } from "../../api/types";
import { State } from "../../resource/State";
import { useSteadyOrder } from "../../resource/steadyOrder";
import { useText } from "../../texts/texts";
import { destinationOf, propagatedText } from "./model";
import { KindField, TargetField, type Row } from "./RouteFields";
import type { Edits, NewRoute } from "./routeEdits";
import { targetOf, type Choice, type Kind } from "./targets";

interface Properties {
  routes: readonly Route[];
  edits: Edits;
  onChange: (edits: Edits) => void;
  /** What routes of this VPC may lead to. */
  choices: readonly Choice[];
  /** What is proposed as a destination. */
  destinations: readonly { value: string; description: string }[];
}

/** The widths of the fields: one row where there is room, else two, else a field below the other. */
const LAYOUT: AttributeEditorProps.GridLayout[] = [
  { breakpoint: "m", rows: [[5, 4, 6, 2, 2]], removeButton: { width: "auto" } },
  { breakpoint: "xs", rows: [[3, 3], [4, 1, 1]] },
  { rows: [[1], [1], [1], [1], [1]] },
];

let count = 0;

export function RouteRows({ routes, edits, onChange, choices, destinations }: Properties): ReactNode {
  const text = useText();
  const rows = useSteadyOrder(rowsOf(routes, edits), keyOf);
  const change = (row: Row, more: Partial<Pick<NewRoute, "destination" | "kind" | "id">>): void => {
    if (row.added) {
      const { number } = row.added;
      onChange({ ...edits, added: edits.added.map((one) => (one.number === number ? { ...one, ...more } : one)) });
    } else {
      const { kind, id } = { kind: row.kind, id: row.id, ...more };
      if (kind !== "") onChange({ ...edits, replaced: new Map([...edits.replaced, [row.destination, { kind, id }]]) });
    }
  };
  const remove = (row: Row): void => {
    if (row.added) onChange({ ...edits, added: edits.added.filter(({ number }) => number !== row.added!.number) });
    else onChange({ ...edits, removed: new Set([...edits.removed, row.destination]) });
  };
  return (
    <AttributeEditor
      items={rows}
      gridLayout={LAYOUT}
      definition={[
        {
          label: text("route.destination"),
          control: (row: Row) =>
            row.route ? (
              <Input value={row.destination} readOnly ariaLabel={text("route.destination")} />
            ) : (
              <Autosuggest
                value={row.destination}
                options={destinations}
                ariaLabel={text("route.destination")}
                placeholder="0.0.0.0/0"
                enteredTextLabel={(value) => text("route.use", { destination: value })}
                onChange={({ detail }) => change(row, { destination: detail.value })}
              />
            ),
        },
        {
          label: text("route.target"),
          control: (row: Row) => (
            <KindField row={row} onChange={(kind) => change(row, { kind, id: onlyOf(choices, kind) })} />
          ),
        },
        {
          label: text("route.targetId"),
          control: (row: Row) => <TargetField row={row} choices={choices} onChange={(id) => change(row, { id })} />,
        },
        {
          label: text("route.status"),
          control: ({ route, isReplaced }: Row) => <Said>{route && !isReplaced ? <State state={route.State ?? ""} /> : "–"}</Said>,
        },
        { label: text("route.propagated"), control: (row: Row) => <Said>{row.route ? propagatedText(text, row.route) : "–"}</Said> },
      ]}
      addButtonText={text("route.add")}
      onAddButtonClick={() =>
        onChange({ ...edits, added: [...edits.added, { number: ++count, destination: "", kind: "", id: "" }] })
      }
      isItemRemovable={(row) => row.route?.Origin !== "CreateRouteTable"}
      removeButtonText={text("remove")}
      removeButtonAriaLabel={(row) => text("route.remove", { destination: row.destination || "–" })}
      onRemoveButtonClick={({ detail }) => remove(rows[detail.itemIndex]!)}
      i18nStrings={{ itemRemovedAriaLive: text("route.removed") }}
    />
  );
}

/** What is said in a row, at the height of its fields. */
function Said({ children }: { children: ReactNode }): ReactNode {
  return <Box padding={{ top: "xxs" }}>{children}</Box>;
}

/** The only one of a kind, where there is no other. */
function onlyOf(choices: readonly Choice[], kind: Kind): string {
  const found = choices.filter((one) => one.kind === kind);
  return found.length === 1 ? found[0]!.id : "";
}

function keyOf({ destination, added }: Row): string {
  return added ? `new ${added.number}` : destination;
}

function rowsOf(routes: readonly Route[], { replaced, removed, added }: Edits): Row[] {
  const present = routes
    .map((route): Row => {
      const destination = destinationOf(route);
      return { destination, ...targetOf(route), ...replaced.get(destination), route, isReplaced: replaced.has(destination) };
    })
    .filter(({ destination }) => !removed.has(destination));
  return [...present, ...added.map((one): Row => ({ destination: one.destination, kind: one.kind, id: one.id, added: one }))];
}
