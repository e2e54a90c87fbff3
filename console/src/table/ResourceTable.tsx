/** The one table of resources: a page describes its columns and actions, and everything else is here. */
import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import PropertyFilter from "@cloudscape-design/components/property-filter";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, useState, type ReactNode } from "react";
import { useListing, type Listing } from "../api/listing";
import { inWords } from "../shell/notices";
import { useText, type TextKey } from "../texts/texts";

/** One column. What `value` gives is searched and sorted; `cell` shows it where a text alone would not do. */
export interface Column<T> {
  id: string;
  header: TextKey;
  value: (item: T) => string;
  cell?: (item: T) => ReactNode;
  width: number;
  /** Whether it is hidden until the reader asks for it. */
  hidden?: boolean;
}

/** A kind of resource as a page shows it: the same value as long as nothing of it changes. Preferences are kept by `name`. */
export interface Description<T> {
  name: string;
  title: TextKey;
  find: TextKey;
  noMatch: TextKey;
  columns: Column<T>[];
  idOf: (item: T) => string;
  titleOf: (item: T) => string;
  sortedBy: string;
}

interface Preferences {
  pageSize: number;
  visible: readonly string[];
}

interface Properties<T> {
  description: Description<T>;
  listing: Listing<T[]>;
  empty: ReactNode;
  /** The buttons above the table, for the items that are selected. */
  actions: (selected: T[]) => ReactNode;
}

const PAGE_SIZES = [25, 50, 100];

export function ResourceTable<T extends object>({ description, listing, empty, actions }: Properties<T>): ReactNode {
  const text = useText();
  const { value: items, failure, again } = useListing(listing);
  const [preferences, keep] = usePreferences(description);
  const columns = useMemo(
    () =>
      description.columns.map((column) => ({
        id: column.id,
        header: text(column.header),
        cell: column.cell ? kept(column.cell) : column.value,
        width: column.width,
        sortingComparator: (one: T, other: T) => compare(column.value(one), column.value(other)),
      })),
    [description, text],
  );
  const sortingColumn = columns.find((column) => column.id === description.sortedBy)!;
  const collection = useCollection(items ?? [], {
    propertyFiltering: {
      // Searched by what the columns show, whatever the items themselves are made of.
      filteringFunction: (item, query) => matches(description.columns, item, query),
      filteringProperties: description.columns.map(({ id, header }) => ({
        key: id,
        propertyLabel: text(header),
        groupValuesLabel: text(header),
        operators: ["=", "!=", ":", "!:"],
      })),
      filteringOptions: NO_OPTIONS, // else it looks for them each time that anything is rendered
      noMatch: <NoMatch label={description.noMatch} clear={() => collection.actions.setPropertyFiltering(NO_QUERY)} />,
      empty,
    },
    sorting: { defaultState: { sortingColumn } },
    pagination: { pageSize: preferences.pageSize },
    selection: { keepSelection: true, trackBy: description.idOf },
  });
  // What was selected is kept as it was then: these are the same items as they are now, without those that are gone.
  const chosen = new Set(collection.collectionProps.selectedItems?.map(description.idOf));
  const selected = (items ?? []).filter((item) => chosen.has(description.idOf(item)));
  const [searching, setSearching] = useState(false); // every value of every column: only for whoever looks for one
  const options = useMemo(
    () => (searching ? filteringOptions(description.columns, items ?? []) : NO_OPTIONS),
    [description, items, searching],
  );
  return (
    <Table
      {...collection.collectionProps}
      items={collection.items}
      selectedItems={selected}
      columnDefinitions={columns}
      columnDisplay={columns.map(({ id }) => ({ id, visible: preferences.visible.includes(id) }))}
      variant="full-page"
      stickyHeader
      resizableColumns
      selectionType="multi"
      loading={items === undefined && failure === undefined}
      loadingText={text("loading")}
      empty={failure === undefined ? collection.collectionProps.empty : inWords(text, failure)}
      ariaLabels={{
        tableLabel: text(description.title),
        selectionGroupLabel: text(description.title),
        allItemsSelectionLabel: () => text("table.selectAll"),
        itemSelectionLabel: (_, item) => text("table.select", { name: description.titleOf(item) }),
      }}
      header={
        <Header
          variant="awsui-h1-sticky"
          counter={items && `(${selected.length > 0 ? `${selected.length}/` : ""}${items.length})`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel={text("refresh")} onClick={again} />
              {actions(selected)}
            </SpaceBetween>
          }
        >
          {text(description.title)}
        </Header>
      }
      filter={
        <div onFocus={() => setSearching(true)} onBlur={() => setSearching(false)}>
          <PropertyFilter
            {...collection.propertyFilterProps}
            filteringOptions={options}
            filteringPlaceholder={text(description.find)}
            filteringAriaLabel={text(description.find)}
            countText={text("table.of", { count: collection.filteredItemsCount ?? 0, of: items?.length ?? 0 })}
          />
        </div>
      }
      pagination={<Pagination {...collection.paginationProps} />}
      preferences={
        <CollectionPreferences
          title={text("preferences.title")}
          confirmLabel={text("preferences.confirm")}
          cancelLabel={text("cancel")}
          preferences={{
            pageSize: preferences.pageSize,
            contentDisplay: columns.map(({ id }) => ({ id, visible: preferences.visible.includes(id) })),
          }}
          pageSizePreference={{
            title: text("preferences.size"),
            options: PAGE_SIZES.map((value) => ({ value, label: text("preferences.rows", { count: value }) })),
          }}
          contentDisplayPreference={{
            title: text("preferences.columns"),
            options: columns.map(({ id, header }, index) => ({ id, label: header, alwaysVisible: index === 0 })),
          }}
          onConfirm={({ detail }) =>
            keep({
              pageSize: detail.pageSize ?? preferences.pageSize,
              visible: (detail.contentDisplay ?? []).filter(({ visible }) => visible).map(({ id }) => id),
            })
          }
        />
      }
    />
  );
}

const NO_OPTIONS: { propertyKey: string; value: string }[] = [];
const NO_QUERY = { tokens: [], operation: "and" } as const;

function NoMatch({ label, clear }: { label: TextKey; clear: () => void }): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="xs" alignItems="center">
      <Box>{text(label)}</Box>
      <Button onClick={clear}>{text("clearFilter")}</Button>
    </SpaceBetween>
  );
}

interface Query {
  operation: "and" | "or";
  tokens: readonly { propertyKey?: string; operator?: string; value?: unknown }[];
}

/** Whether an item is what a query asks for: each token is about one column, or about all of them. */
export function matches<T>(columns: Column<T>[], item: T, query: Query): boolean {
  const met = ({ propertyKey, operator = ":", value }: Query["tokens"][number]): boolean => {
    const wanted = String(value ?? "").toLowerCase();
    const asked = columns.filter(({ id }) => propertyKey === undefined || id === propertyKey);
    const values = asked.map((column) => column.value(item).toLowerCase());
    const found = values.some((one) => (operator.endsWith("=") ? one === wanted : one.includes(wanted)));
    return operator.startsWith("!") ? !found : found;
  };
  if (query.tokens.length === 0) return true;
  return query.operation === "and" ? query.tokens.every(met) : query.tokens.some(met);
}

/** Shows an item as before as long as it is the same item: what did not change is not rendered again. */
function kept<T extends object>(cell: (item: T) => ReactNode): (item: T) => ReactNode {
  const shown = new WeakMap<T, ReactNode>();
  return (item) => {
    if (!shown.has(item)) shown.set(item, cell(item));
    return shown.get(item);
  };
}

function filteringOptions<T>(columns: Column<T>[], items: readonly T[]): { propertyKey: string; value: string }[] {
  return columns.flatMap(({ id, value }) =>
    [...new Set(items.map(value))].filter((one) => one !== "").map((one) => ({ propertyKey: id, value: one })),
  );
}

const { compare } = new Intl.Collator(undefined, { numeric: true });

/** What the reader chose for this kind of resource, in this browser. */
function usePreferences<T>(description: Description<T>): [Preferences, (chosen: Preferences) => void] {
  const key = `kumoniwa-table-${description.name}`;
  const [preferences, set] = useState<Preferences>(() => {
    const usual = { pageSize: 50, visible: description.columns.filter(({ hidden }) => !hidden).map(({ id }) => id) };
    try {
      return { ...usual, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Preferences>) };
    } catch {
      return usual; // not what this console wrote
    }
  });
  return [
    preferences,
    (chosen) => {
      localStorage.setItem(key, JSON.stringify(chosen));
      set(chosen);
    },
  ];
}
