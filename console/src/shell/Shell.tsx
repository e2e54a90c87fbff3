/** What stands around every page: the top bar, the navigation, notices, the log of calls. */
import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { Mode } from "@cloudscape-design/global-styles";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { lazy, Suspense, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { signOut, type About } from "../api/call";
import { useListing } from "../api/listing";
import { live } from "../api/live";
import { ACCOUNT_PAGES, resourceOf, SECTIONS, titleOf, viewOf } from "../pages/pages";
import { ChosenContext } from "../resource/resource";
import { ResourcePage, ResourcePanel } from "../resource/ResourcePage";
import { useText } from "../texts/texts";
import { NoticeBar } from "./notices";
import { at, go, usePlace, type Place } from "./place";
import { regionsOf } from "./regions";

const Dashboard = lazy(() => import("../pages/Dashboard"));
const CallLog = lazy(() => import("./CallLog"));
const SOON = 500; // ms: after what the first page needs

export interface Settings {
  mode: Mode;
  turnMode: () => void;
  turnLanguage: () => void;
}

export function Shell({ cloud, settings }: { cloud: About; settings: Settings }): ReactNode {
  const text = useText();
  const place = usePlace(cloud.region);
  const connection = useSyncExternalStore(live.watch, live.read);
  const [toolsOpen, setToolsOpen] = useState(false);
  const [chosen, choose] = useState<string[]>([]);
  const [panelOpen, setPanelOpen] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => void resourceOf("instances"), SOON); // the most visited page: its scripts are there at once then
    return () => clearTimeout(timer);
  }, []);
  const lost: FlashbarProps.MessageDefinition[] =
    connection === "lost" ? [{ id: "lost", type: "warning", content: text("live.lost") }] : [];
  const [shown] = chosen;
  return (
    <>
      <TopBar cloud={cloud} place={place} settings={settings} openCalls={() => setToolsOpen(true)} />
      <AppLayout
        headerSelector="#top"
        navigation={<Navigation place={place} />}
        breadcrumbs={<Breadcrumbs place={place} />}
        notifications={<NoticeBar first={lost} />}
        stickyNotifications
        content={
          <Suspense fallback={null}>
            <ChosenContext value={choose}>
              <Page place={place} cloud={cloud} />
            </ChosenContext>
          </Suspense>
        }
        {...(chosen.length === 1 && shown !== undefined && { splitPanel: <Panel key={shown} place={place} id={shown} /> })}
        splitPanelOpen={panelOpen}
        onSplitPanelToggle={({ detail }) => setPanelOpen(detail.open)}
        toolsOpen={toolsOpen}
        toolsHide={!toolsOpen}
        onToolsChange={({ detail }) => setToolsOpen(detail.open)}
        toolsWidth={420}
        tools={<Suspense fallback={null}>{toolsOpen && <CallLog />}</Suspense>}
        ariaLabels={{ tools: text("calls.title"), toolsToggle: text("calls.title"), toolsClose: text("close") }}
      />
    </>
  );
}

function Page({ place, cloud }: { place: Place; cloud: About }): ReactNode {
  const text = useText();
  if (place.page === "") return <Dashboard region={place.region} cloud={cloud} />;
  const own = viewOf(place.page);
  if (own !== undefined) return <own.view place={place} account={cloud.account} />;
  const loading = resourceOf(place.page);
  if (loading === undefined) return text("nothing.here");
  return <ResourcePage resource={use(loading).default} place={place} />;
}

function Panel({ place, id }: { place: Place; id: string }): ReactNode {
  const loading = resourceOf(place.page);
  return loading && <ResourcePanel resource={use(loading).default} region={place.region} id={id} />;
}

interface Bar {
  cloud: About;
  place: Place;
  settings: Settings;
  openCalls: () => void;
}

function TopBar({ cloud, place, settings, openCalls }: Bar): ReactNode {
  const text = useText();
  const regions = useListing(regionsOf(cloud.region));
  return (
    <div id="top">
      <TopNavigation
        identity={{
          href: at(place.region),
          title: "Kumoniwa",
          logo: { src: "/console/garden.svg", alt: "" },
        }}
        utilities={[
          { type: "button", text: text("calls.title"), iconName: "script", onClick: openCalls },
          { type: "button", text: text("language"), onClick: settings.turnLanguage },
          { type: "button", text: text(settings.mode === Mode.Dark ? "light" : "dark"), onClick: settings.turnMode },
          {
            type: "menu-dropdown",
            text: place.region,
            ariaLabel: `${text("region")}: ${place.region}`,
            items: (regions.value ?? []).map((region) => ({ id: region.RegionName ?? "", text: region.RegionName ?? "" })),
            onItemClick: ({ detail }) => go(at(detail.id, place.page)),
          },
          {
            type: "menu-dropdown",
            text: cloud.account,
            iconName: "user-profile",
            description: `Kumoniwa ${cloud.version}, ${cloud.driver}`,
            items: [
              ...ACCOUNT_PAGES.map(({ page, title }) => ({ id: page, text: text(title) })),
              { id: "sign-out", text: text("signOut") },
            ],
            onItemClick: ({ detail }) => (detail.id === "sign-out" ? void signOut() : go(at(place.region, detail.id))),
          },
        ]}
      />
    </div>
  );
}

function Navigation({ place }: { place: Place }): ReactNode {
  const text = useText();
  return (
    <SideNavigation
      header={{ text: text("navigation.label"), href: at(place.region) }}
      activeHref={at(place.region, viewOf(place.page)?.of ?? place.page)}
      items={[
        { type: "link", text: text("dashboard.title"), href: at(place.region) },
        ...SECTIONS.map(({ title, pages }) => ({
          type: "section" as const,
          text: text(title),
          items: pages.map((one) => ({ type: "link" as const, text: text(one.title), href: at(place.region, one.page) })),
        })),
      ]}
    />
  );
}

function Breadcrumbs({ place }: { place: Place }): ReactNode {
  const text = useText();
  const title = place.page === "" ? "dashboard.title" : titleOf(place.page);
  const of = viewOf(place.page)?.of;
  const above = of === undefined ? undefined : titleOf(of);
  const items = [{ text: text("navigation.label"), href: at(place.region) }];
  if (above !== undefined) items.push({ text: text(above), href: at(place.region, of) });
  if (title !== undefined) items.push({ text: text(title), href: at(place.region, place.page) });
  if (place.id !== "") items.push({ text: place.id, href: at(place.region, place.page, place.id) });
  return <BreadcrumbGroup items={items} ariaLabel={text("navigation.label")} />;
}
