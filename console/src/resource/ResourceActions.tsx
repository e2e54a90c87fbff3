/** The buttons above a table or the details of a resource, and the dialogs that they open. What cannot be chosen says why. */
import Button from "@cloudscape-design/components/button";
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { go } from "../shell/place";
import { useText, type Text } from "../texts/texts";
import { ManageTags } from "./ManageTags";
import type { Action, Chosen, Menu, Resource } from "./resource";

interface Properties<T> {
  resource: Resource<T>;
  region: string;
  selected: readonly T[];
}

export function ResourceActions<T>({ resource, region, selected }: Properties<T>): ReactNode {
  const text = useText();
  const [open, setOpen] = useState<{ action: Action<T>; ids: string[] }>();
  const { buttons = [] } = resource;
  const actions = new Map(menusOf(resource).flatMap((menu) => menu.items.flatMap(actionsOf)).map((one) => [one.id, one]));
  const choose = ({ detail }: { detail: ButtonDropdownProps.ItemClickDetails }): void => act(actions.get(detail.id)!);
  const act = (action: Action<T>): void => {
    if ("newTab" in action) return; // a link: the browser follows it
    if ("address" in action) go(action.address(region, selected[0]!));
    else setOpen({ action, ids: selected.map(resource.idOf) });
  };
  const items = selected.filter((item) => open?.ids.includes(resource.idOf(item))); // as they are now, while it is open
  const Dialog = open && "dialog" in open.action ? open.action.dialog : undefined;
  const Alone = open && "alone" in open.action ? open.action.alone : undefined;
  const close = (): void => setOpen(undefined);
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {buttons.map((action) => {
        const why = hindrance(text, action, selected);
        return (
          <Button key={action.id} disabled={why !== null} {...(why !== null && { disabledReason: why })} onClick={() => act(action)}>
            {text(action.text)}
          </Button>
        );
      })}
      {menusOf(resource).map((menu) => (
        <ButtonDropdown
          key={menu.text}
          expandableGroups
          expandToViewport // above the split panel
          onItemClick={choose}
          items={menu.items.map((item) =>
            "actions" in item
              ? { id: item.id, text: text(item.text), items: item.actions.map((action) => choice(text, action, region, selected)) }
              : choice(text, item, region, selected),
          )}
        >
          {text(menu.text)}
        </ButtonDropdown>
      ))}
      {Dialog && isSome(items) && <Dialog region={region} items={items} close={close} />}
      {Alone && <Alone region={region} close={close} />}
    </SpaceBetween>
  );
}

/** The button that makes a new one. */
export function CreateButton<T>({ resource, region }: { resource: Resource<T>; region: string }): ReactNode {
  const text = useText();
  const [open, setOpen] = useState(false);
  const create = resource.create;
  if (create === undefined) return null;
  const press = "address" in create ? () => go(create.address(region)) : () => setOpen(true);
  return (
    <>
      <Button variant="primary" onClick={press}>
        {text(create.text)}
      </Button>
      {open && "dialog" in create && <create.dialog region={region} close={() => setOpen(false)} />}
    </>
  );
}

/** A resource's own menus; where it has tags, these are managed in the group that says so, else at the end of the last menu. */
function menusOf<T>(resource: Resource<T>): Menu<T>[] {
  const { tagsOf, menus } = resource;
  if (tagsOf === undefined) return menus;
  const tags: Action<T> = {
    id: "tags",
    text: "action.manageTags",
    dialog: ({ region, items, close }) => <ManageTags region={region} resource={resource} item={items[0]} close={close} />,
  };
  return menus.map((menu, index) => {
    const isGrouped = menu.items.some(hasTags);
    const items = menu.items.map((item) => (hasTags(item) ? { ...item, actions: [...item.actions, tags] } : item));
    return { ...menu, items: index === menus.length - 1 && !isGrouped ? [...items, tags] : items };
  });
}

function hasTags<T>(item: Menu<T>["items"][number]): item is Extract<typeof item, { actions: unknown }> {
  return "hasTags" in item && item.hasTags === true;
}

function actionsOf<T>(item: Menu<T>["items"][number]): Action<T>[] {
  return "actions" in item ? item.actions : [item];
}

function choice<T>(text: Text, action: Action<T>, region: string, selected: readonly T[]): ButtonDropdownProps.Item {
  const item = { id: action.id, text: text(action.text) };
  const why = hindrance(text, action, selected);
  if (why !== null) return { ...item, disabled: true, disabledReason: why };
  if (!("newTab" in action)) return item;
  return { ...item, href: action.newTab(region, selected[0]!), external: true, externalIconAriaLabel: text("newTab") };
}

function hindrance<T>(text: Text, action: Action<T>, selected: readonly T[]): string | null {
  if ("alone" in action) return null;
  if (!isSome(selected)) return text("actions.chooseFirst");
  if (action.several !== true && selected.length > 1) return text("actions.chooseOne");
  return action.hindered?.(selected, text) ?? null;
}

function isSome<T>(items: readonly T[]): items is Chosen<T> {
  return items.length > 0;
}
