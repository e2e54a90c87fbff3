/** The pages of a kind of resource: the table of all, the details of one, and the split panel for what is selected. */
import Box from "@cloudscape-design/components/box";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SplitPanel from "@cloudscape-design/components/split-panel";
import Tabs from "@cloudscape-design/components/tabs";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../api/listing";
import { inWords } from "../shell/notices";
import { at, go, type Place } from "../shell/place";
import { useText } from "../texts/texts";
import { labelOf, type Resource, type Tab } from "./resource";
import { ResourceActions } from "./ResourceActions";
import { ResourceTable } from "./ResourceTable";
import { TagTable } from "./TagTable";

export function ResourcePage<T extends object>({ resource, place }: { resource: Resource<T>; place: Place }): ReactNode {
  if (place.id === "") return <ResourceTable key={`${place.region}/${resource.page}`} resource={resource} region={place.region} />;
  return <Details key={`${place.region}/${place.id}`} resource={resource} place={place} />;
}

function Details<T>({ resource, place }: { resource: Resource<T>; place: Place }): ReactNode {
  const text = useText();
  const { region, id } = place;
  const { item, missing } = useItem(resource, region, id);
  if (item === undefined) return <Box padding="l">{missing}</Box>;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={<ResourceActions resource={resource} region={region} selected={[item]} />}
        >
          {labelOf(resource, item)}
        </Header>
      }
    >
      <Tabs
        activeTabId={place.tab === "" ? resource.tabs[0]!.id : place.tab}
        onChange={({ detail }) => go(at(region, resource.page, id, detail.activeTabId))}
        tabs={tabsOf(resource).map(({ id: tab, label, view: View }) => ({
          id: tab,
          label: text(label),
          content: <View region={region} item={item} />,
        }))}
      />
    </ContentLayout>
  );
}

/** The details of the one that is selected, below the table. */
export function ResourcePanel<T>({ resource, region, id }: { resource: Resource<T>; region: string; id: string }): ReactNode {
  const text = useText();
  const [tab, setTab] = useState("");
  const { item, missing } = useItem(resource, region, id);
  return (
    <SplitPanel header={item === undefined ? id : labelOf(resource, item)} closeBehavior="collapse">
      {item === undefined ? (
        missing
      ) : (
        <Tabs
          activeTabId={tab === "" ? resource.tabs[0]!.id : tab}
          onChange={({ detail }) => setTab(detail.activeTabId)}
          tabs={tabsOf(resource).map(({ id: name, label, view: View }) => ({
            id: name,
            label: text(label),
            content: <View region={region} item={item} />,
          }))}
        />
      )}
    </SplitPanel>
  );
}

/** One of a listing as it is now, or what is to be said where it is not there. */
function useItem<T>(resource: Resource<T>, region: string, id: string): { item: T | undefined; missing: string } {
  const text = useText();
  const { value, failure } = useListing(useMemo(() => resource.listing(region), [resource, region]));
  const item = value?.find((one) => resource.idOf(one) === id);
  if (failure !== undefined && value === undefined) return { item, missing: inWords(text, failure) };
  return { item, missing: value === undefined ? text("loading") : text("nothing.named", { id, region }) };
}

function tabsOf<T>(resource: Resource<T>): Tab<T>[] {
  const { tagsOf } = resource;
  if (tagsOf === undefined) return resource.tabs;
  return [...resource.tabs, { id: "tags", label: "tab.tags", view: ({ item }) => <TagTable tags={tagsOf(item)} /> }];
}
