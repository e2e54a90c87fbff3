/** Edit the routes of a table: adds, replaces and removes several, on the routes that the table has at each moment. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallsDialog } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { prefixListsOf } from "../prefix-lists/model";
import { rowLabel, stateOf, subnetLabel, type RouteTableRow } from "./model";
import { aimless, changesOf, isWhole, NO_EDITS, type Change } from "./routeEdits";
import { RouteRows } from "./RouteRows";
import { choicesOf } from "./targets";

export function EditRoutes({ region, items: [row], close }: { region: string; items: Chosen<RouteTableRow>; close: () => void }): ReactNode {
  const text = useText();
  const { value: choices } = useListing(useMemo(() => choicesOf(region), [region]));
  const { value: lists } = useListing(useMemo(() => prefixListsOf(region), [region]));
  const [edits, setEdits] = useState(NO_EDITS);
  const routes = row.table.Routes ?? [];
  const changes = changesOf(row.id, routes, edits);
  const [first] = aimless(routes, edits);
  const hindered = first !== undefined ? text("route.noTargetYet", { destination: first }) : edits.added.every(isWhole) ? null : text("route.notWhole");
  const words = ({ kind, destination, before, after }: Change): string =>
    kind === "replace"
      ? text("route.willReplace", { destination, before, after })
      : `${destination} → ${kind === "add" ? after : before}`;
  const users = [...row.subnets, ...row.implicit].map(subnetLabel);
  return (
    <CallsDialog
      region={region}
      title={`${text("action.editRoutes")}: ${rowLabel(row)}`}
      go={text("saveChanges")}
      planned={changes.map((change) => ({ step: change.step, words: words(change), forget: () => setEdits(change.without) }))}
      hindered={hindered}
      state={stateOf(row)}
      done={(count) => text("route.done", { table: rowLabel(row), count })}
      close={close}
      size="max"
    >
      <RouteRows
        routes={routes}
        edits={edits}
        onChange={setEdits}
        choices={choices?.get(row.vpc) ?? []}
        destinations={[
          { value: "0.0.0.0/0", description: text("route.allIpv4") },
          { value: "::/0", description: text("route.allIpv6") },
          ...(lists ?? []).map(({ id, list }) => ({ value: id, description: list.PrefixListName ?? "" })),
        ]}
      />
      <Alert type="info">
        {users.length === 0 ? text("route.usedNowhere") : text("route.usedBy", { subnets: users.join(", ") })}
      </Alert>
    </CallsDialog>
  );
}
