/** The one table of resources: a page describes its columns and menus, and everything else is here. */
import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import PropertyFilter from "@cloudscape-design/components/property-filter";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useListing } from "../api/listing";
import { inWords } from "../shell/notices";
import { useText, type TextKey } from "../texts/texts";
import { labelOf, useAround, useChosen, type Around, type Column, type Resource } from "./resource";
import { CreateButton, ResourceActions } from "./ResourceActions";

interface Preferences {
  pageSize: number;
  visible: readonly string[];
}

const PAGE_SIZES = [25, 50, 100];

export function ResourceTable<T extends object>({ resource, region }: { resource: Resource<T>; region: string }): ReactNode {
  const text = useText();
  const around = useAround(region);
  const choose = useChosen();
  const [viewed, view] = useState(resource.views?.[0]?.id);
  const { listing } = resource.views?.find(({ id }) => id === viewed) ?? resource;
  const { value: items, failure, again } = useListing(useMemo(() => listing(region), [listing, region]));
  const [preferences, keep] = usePreferences(resource);
  const find = text("table.find", { what: text(resource.title) });
  const columns = useMemo(
    () =>
      resource.columns.map((column) => ({
        id: column.id,
        header: text(column.header),
        cell: kept((item: T) => (column.cell ?? column.value)(item, around) || "–"),
        width: column.width,
        sortingComparator: (one: T, other: T) => compare(column.value(one, around), column.value(other, around)),
      })),
    [resource, text, around],
  );
  const sortingColumn = columns.find((column) => column.id === resource.sortedBy)!;
  const collection = useCollection(items ?? [], {
    propertyFiltering: {
      // Searched by what the columns show, whatever the items themselves are made of.
      filteringFunction: (item, query) => matches(resource.columns, around, item, query),
      filteringProperties: resource.columns.map(({ id, header }) => ({
        key: id,
        propertyLabel: text(header),
        groupValuesLabel: text(header),
        operators: ["=", "!=", ":", "!:"],
      })),
      filteringOptions: NO_OPTIONS, // else it looks for them each time that anything is rendered
      noMatch: <NoMatch clear={() => collection.actions.setPropertyFiltering(NO_QUERY)} />,
      empty: <Empty what={text(resource.title)} region={region} />,
    },
    sorting: { defaultState: { sortingColumn, isDescending: resource.latestFirst ?? false } },
    pagination: { pageSize: preferences.pageSize },
    selection: { keepSelection: true, trackBy: resource.idOf },
  });
  // What was selected is kept as it was then: these are the same items as they are now, without those that are gone.
  const chosen = new Set(collection.collectionProps.selectedItems?.map(resource.idOf));
  const selected = (items ?? []).filter((item) => chosen.has(resource.idOf(item)));
  const [searching, setSearching] = useState(false); // every value of every column: only for whoever looks for one
  const options = useMemo(
    () => (searching ? filteringOptions(resource.columns, around, items ?? []) : NO_OPTIONS),
    [resource, around, items, searching],
  );
  const ids = selected.map(resource.idOf).join();
  useEffect(() => choose(ids === "" ? [] : ids.split(",")), [choose, ids]);
  useEffect(() => () => choose([]), [choose]);
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
        tableLabel: text(resource.title),
        selectionGroupLabel: text(resource.title),
        allItemsSelectionLabel: () => text("table.selectAll"),
        itemSelectionLabel: (_, item) => text("table.select", { name: labelOf(resource, item) }),
      }}
      header={
        <Header
          variant="awsui-h1-sticky"
          description={resource.about && text(resource.about)}
          counter={items && `(${selected.length > 0 ? `${selected.length}/` : ""}${items.length})`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel={text("refresh")} onClick={again} />
              <ResourceActions resource={resource} region={region} selected={selected} />
              <CreateButton resource={resource} region={region} />
            </SpaceBetween>
          }
        >
          {text(resource.title)}
        </Header>
      }
      filter={
        <div onFocus={() => setSearching(true)} onBlur={() => setSearching(false)}>
          <PropertyFilter
            {...collection.propertyFilterProps}
            filteringOptions={options}
            filteringPlaceholder={find}
            filteringAriaLabel={find}
            customControl={resource.views && <Views views={resource.views} viewed={viewed} onChange={view} />}
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

interface ViewsGiven {
  views: readonly { id: string; text: TextKey }[];
  viewed: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** Chooses which of a kind of resource the table shows. */
function Views({ views, viewed, onChange }: ViewsGiven): ReactNode {
  const text = useText();
  const options = views.map((one) => ({ value: one.id, label: text(one.text) }));
  return (
    <Select
      options={options}
      selectedOption={options.find(({ value }) => value === viewed) ?? null}
      onChange={({ detail }) => onChange(detail.selectedOption.value)}
      ariaLabel={text("table.views")}
    />
  );
}

function NoMatch({ clear }: { clear: () => void }): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="xs" alignItems="center">
      <Box>{text("table.noMatch")}</Box>
      <Button onClick={clear}>{text("clearFilter")}</Button>
    </SpaceBetween>
  );
}

function Empty({ what, region }: { what: string; region: string }): ReactNode {
  const text = useText();
  return (
    <Box textAlign="center" color="inherit">
      <b>{text("table.empty", { what })}</b>
      <Box variant="p" color="inherit">
        {text("table.emptyHelp", { region })}
      </Box>
    </Box>
  );
}

interface Query {
  operation: "and" | "or";
  tokens: readonly { propertyKey?: string; operator?: string; value?: unknown }[];
}

/** Whether an item is what a query asks for: each token is about one column, or about all of them. */
export function matches<T>(columns: Column<T>[], around: Around, item: T, query: Query): boolean {
  const met = ({ propertyKey, operator = ":", value }: Query["tokens"][number]): boolean => {
    const wanted = String(value ?? "").toLowerCase();
    const asked = columns.filter(({ id }) => propertyKey === undefined || id === propertyKey);
    const values = asked.map((column) => column.value(item, around).toLowerCase());
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

function filteringOptions<T>(
  columns: Column<T>[],
  around: Around,
  items: readonly T[],
): { propertyKey: string; value: string }[] {
  return columns.flatMap(({ id, value }) =>
    [...new Set(items.map((item) => value(item, around)))]
      .filter((one) => one !== "")
      .map((one) => ({ propertyKey: id, value: one })),
  );
}

const { compare } = new Intl.Collator(undefined, { numeric: true });

/** What the reader chose for this kind of resource, in this browser. */
function usePreferences<T>(resource: Resource<T>): [Preferences, (chosen: Preferences) => void] {
  const key = `kumoniwa-table-${resource.page}`;
  const [preferences, set] = useState<Preferences>(() => {
    const usual = { pageSize: 50, visible: resource.columns.filter(({ hidden }) => !hidden).map(({ id }) => id) };
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
