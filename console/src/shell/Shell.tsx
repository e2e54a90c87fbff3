/** What stands around every page: the top bar, the navigation, notices, the log of calls. */
import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { Mode } from "@cloudscape-design/global-styles";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { call, signOut, type About } from "../api/call";
import { useListing } from "../api/listing";
import { live } from "../api/live";
import { useText } from "../texts/texts";
import { NoticeBar } from "./notices";
import { at, go, usePlace, type Place } from "./place";

const Dashboard = lazy(() => import("../pages/Dashboard"));
const instances = () => import("../pages/instances/Instances");
const Instances = lazy(instances);
const InstanceDetails = lazy(() => import("../pages/instances/InstanceDetails"));
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
  useEffect(() => {
    const timer = setTimeout(() => void instances(), SOON); // the most visited page: its scripts are there at once then
    return () => clearTimeout(timer);
  }, []);
  const lost: FlashbarProps.MessageDefinition[] =
    connection === "lost" ? [{ id: "lost", type: "warning", content: text("live.lost") }] : [];
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
            <Page place={place} cloud={cloud} />
          </Suspense>
        }
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
  if (place.page !== "instances") return text("nothing.here");
  if (place.id === "") return <Instances key={place.region} region={place.region} />;
  return <InstanceDetails key={place.id} region={place.region} id={place.id} tab={place.tab} />;
}

interface Bar {
  cloud: About;
  place: Place;
  settings: Settings;
  openCalls: () => void;
}

function TopBar({ cloud, place, settings, openCalls }: Bar): ReactNode {
  const text = useText();
  const regions = useListing({
    key: "regions",
    tables: [],
    read: async () => (await call(cloud.region, "DescribeRegions", {})).Regions ?? [],
  });
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
            items: [{ id: "sign-out", text: text("signOut") }],
            onItemClick: () => void signOut(),
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
      activeHref={at(place.region, place.page)}
      items={[
        { type: "link", text: text("dashboard.title"), href: at(place.region) },
        { type: "link", text: text("instances"), href: at(place.region, "instances") },
      ]}
    />
  );
}

function Breadcrumbs({ place }: { place: Place }): ReactNode {
  const text = useText();
  const items = [{ text: text("navigation.label"), href: at(place.region) }];
  if (place.page === "") items.push({ text: text("dashboard.title"), href: at(place.region) });
  if (place.page === "instances") items.push({ text: text("instances"), href: at(place.region, "instances") });
  if (place.id !== "") items.push({ text: place.id, href: at(place.region, place.page, place.id) });
  return <BreadcrumbGroup items={items} ariaLabel={text("navigation.label")} />;
}
