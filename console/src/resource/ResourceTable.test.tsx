import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { textsOf } from "../texts/texts";
import { eventually, show } from "../testing";
import type { Around, Resource } from "./resource";
import { matches, ResourceTable } from "./ResourceTable";

interface Fruit {
  id: string;
  colour: string;
}

const fruits: Fruit[] = [
  { id: "fig-10", colour: "violet" },
  { id: "fig-9", colour: "green" },
  { id: "apple-1", colour: "green" },
];

/** Fruits; whatever is chosen of them goes into `selected`. */
const kind = (read: () => Promise<Fruit[]>, selected: Fruit[][]): Resource<Fruit> => ({
  page: "fruits",
  title: "instances",
  listing: () => ({ key: "fruits", tables: [], read }),
  idOf: (fruit) => fruit.id,
  nameOf: () => "",
  columns: [
    { id: "id", header: "instance.id", width: 100, value: (fruit) => fruit.id },
    { id: "colour", header: "instance.state", width: 100, value: (fruit) => fruit.colour },
    { id: "twice", header: "instance.type", width: 100, value: (fruit) => fruit.id + fruit.id, hidden: true },
  ],
  sortedBy: "id",
  menus: [
    {
      text: "actions",
      items: [
        {
          id: "eat",
          text: "action.viewDetails",
          several: true,
          hindered: (items) => {
            selected.push([...items]);
            return null;
          },
          dialog: ({ items }) => <div role="dialog">{items.map(({ id, colour }) => `${id} ${colour}`).join()}</div>,
        },
        { id: "peel", text: "action.viewDetails", dialog: () => null },
        { id: "buy", text: "action.viewDetails", alone: ({ region }) => <div role="dialog">more of {region}</div> },
      ],
    },
  ],
  tabs: [],
});

const shown = (selected: Fruit[][] = [], read = async () => fruits) =>
  show(<ResourceTable resource={kind(read, selected)} region="us-east-1" />);
const table = () => createWrapper().findTable()!;

test("rows are sorted as people count, and hidden columns are hidden", async () => {
  await shown();
  expect(table().findRows().map((_, row) => table().findBodyCell(row + 1, 2)!.getElement().textContent)).toEqual([
    "apple-1",
    "fig-9",
    "fig-10",
  ]);
  expect(table().findColumnHeaders().map((header) => header.getElement().textContent)).not.toContain("Instance type");
});

test("what the reader chose is kept in this browser", async () => {
  localStorage.setItem("kumoniwa-table-fruits", JSON.stringify({ visible: ["id", "twice"] }));
  await shown();
  const headers = table().findColumnHeaders().map((header) => header.getElement().textContent ?? "");
  expect(headers.some((header) => header.includes("Instance type"))).toBe(true);
  expect(headers.some((header) => header.includes("Instance state"))).toBe(false);
});

test("preferences that this console did not write are ignored", async () => {
  localStorage.setItem("kumoniwa-table-fruits", "{");
  await shown();
  expect(table().findRows()).toHaveLength(3);
});

test("several rows are selected, and the actions are given them", async () => {
  const selected: Fruit[][] = [];
  await shown(selected);
  act(() => table().findRowSelectionArea(1)!.find("input")!.click());
  act(() => table().findRowSelectionArea(3)!.find("input")!.click());
  expect(selected.at(-1)!.map(({ id }) => id).sort()).toEqual(["apple-1", "fig-10"]);
});

test("actions are given what is selected as it is now, without what is gone", async () => {
  const selected: Fruit[][] = [];
  let now = fruits;
  await shown(selected, async () => now);
  act(() => table().findRowSelectionArea(1)!.find("input")!.click());
  act(() => table().findRowSelectionArea(3)!.find("input")!.click());
  now = [{ id: "apple-1", colour: "red" }];
  act(() => createWrapper().findButton("[aria-label='Read again']")!.click());
  await eventually(() => selected.at(-1)?.length === 1);
  expect(selected.at(-1)).toEqual([{ id: "apple-1", colour: "red" }]);
});

test("a view shows its own listing, the first at first", async () => {
  const view = (id: string, found: Fruit[]) => ({
    id,
    text: id as "enabled" | "disabled",
    listing: () => ({ key: `fruits/${id}`, tables: [], read: async () => found }),
  });
  const views = [view("enabled", fruits), view("disabled", fruits.slice(0, 1))];
  await show(<ResourceTable resource={{ ...kind(async () => [], []), views }} region="us-east-1" />);
  expect(table().findRows()).toHaveLength(3);
  const choice = createWrapper().findPropertyFilter()!.findCustomControl()!.findSelect()!;
  act(() => choice.openDropdown());
  act(() => choice.selectOptionByValue("disabled"));
  await eventually(() => table().findRows().length === 1);
  expect(table().findBodyCell(1, 2)!.getElement().textContent).toBe("fig-10");
});

const around: Around = { region: "us-east-1", text: textsOf("en"), moment: String };

test("what cannot be chosen says why, and a dialog shows what is chosen as it is now", async () => {
  let now = fruits;
  await shown([], async () => now);
  const menu = () => createWrapper().findButtonDropdown()!;
  act(() => menu().openDropdown());
  expect(menu().findItemById("eat")!.getElement().textContent).toContain("Select something first");
  act(() => table().findRowSelectionArea(1)!.find("input")!.click());
  act(() => table().findRowSelectionArea(2)!.find("input")!.click());
  act(() => menu().openDropdown());
  expect(menu().findItemById("peel")!.getElement().textContent).toContain("Select exactly one");
  act(() => menu().findItemById("eat")!.click());
  expect(createWrapper().find("[role=dialog]")!.getElement().textContent).toBe("fig-9 green,apple-1 green");
  now = fruits.filter(({ id }) => id !== "fig-9");
  act(() => createWrapper().findButton("[aria-label='Read again']")!.click());
  await eventually(() => createWrapper().find("[role=dialog]")!.getElement().textContent === "apple-1 green");
});

test("what needs nothing chosen can always be done", async () => {
  await shown();
  const menu = () => createWrapper().findButtonDropdown()!;
  act(() => menu().openDropdown());
  act(() => menu().findItemById("buy")!.click());
  expect(createWrapper().find("[role=dialog]")!.getElement().textContent).toBe("more of us-east-1");
});

test.each([
  [{ propertyKey: "colour", operator: "=", value: "green" }, ["fig-9", "apple-1"]],
  [{ propertyKey: "colour", operator: "!=", value: "green" }, ["fig-10"]],
  [{ propertyKey: "id", operator: ":", value: "FIG" }, ["fig-10", "fig-9"]],
  [{ operator: ":", value: "violet" }, ["fig-10"]],
  [{ operator: "!:", value: "violet" }, ["fig-9", "apple-1"]],
])("%o finds %o", (token, found) => {
  const query = { operation: "and" as const, tokens: [token] };
  expect(fruits.filter((fruit) => matches(kind(async () => [], []).columns, around, fruit, query)).map(({ id }) => id)).toEqual(found);
});
