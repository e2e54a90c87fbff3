/** Launch an instance: EC2's wizard on one page, of which nothing is lost when the cloud refuses. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { inWords, useSay } from "../../shell/notices";
import { at, go, type Place } from "../../shell/place";
import { useText } from "../../texts/texts";
import { keyPairsOf } from "../key-pairs/model";
import { AdvancedDetails } from "./AdvancedDetails";
import { changesOf, firstSubnet, firstType, instanceTypesOf, launchableImages, misfit, needsSubnet, networksOf } from "./choices";
import { hindrances } from "./hindrances";
import { InstanceTypeChoice } from "./InstanceTypeChoice";
import { KeyPairChoice } from "./KeyPairChoice";
import { Attempt, GroupStays, withGroup } from "./launch";
import { launchCommands } from "./launchCommands";
import { FIRST, freeGroupName, runParameters, withImage, type Form } from "./launchModel";
import { NameAndTags } from "./NameAndTags";
import { NetworkSettings } from "./NetworkSettings";
import { SoftwareImage } from "./SoftwareImage";
import { Storage } from "./Storage";
import { Summary } from "./Summary";
import { questionOf, useVerdict } from "./useVerdict";

export default function LaunchPage({ place, account }: { place: Place; account: string }): ReactNode {
  return <Wizard key={`${place.region}/${place.id}`} region={place.region} asked={place.id} account={account} />;
}

interface Properties {
  region: string;
  /** The image that the address names; empty where it names none. */
  asked: string;
  account: string;
}

function Wizard({ region, asked, account }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: images } = useListing(useMemo(() => launchableImages(region), [region]));
  const { value: types } = useListing(useMemo(() => instanceTypesOf(region), [region]));
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const { value: pairs } = useListing(useMemo(() => keyPairsOf(region), [region]));
  const { value: changes } = useListing(useMemo(() => changesOf(region), [region]));
  const [form, setForm] = useState<Form>(FIRST);
  const [launching, setLaunching] = useState(false);
  const [failure, setFailure] = useState<string>();
  const attempt = useRef(new Attempt());
  const change = (part: Partial<Form>): void => setForm((before) => ({ ...before, ...part }));

  const image = images?.find(({ ImageId }) => ImageId === form.imageId);
  const type = types?.find(({ InstanceType }) => InstanceType === form.type);
  const choose = (chosen: Image): void => {
    setForm((before) => {
      const after = withImage(before, chosen);
      const fits = type !== undefined && misfit(type, chosen) === null;
      return fits ? after : { ...after, type: firstType(types ?? [], chosen), credits: "" };
    });
  };
  // What is offered before anything is chosen, as soon as it is known what there is.
  const isKnown = images !== undefined && types !== undefined && networks !== undefined;
  useEffect(() => {
    if (!isKnown) return;
    const offered = images.find(({ ImageId, State }) => (asked === "" ? State === "available" : ImageId === asked));
    if (offered !== undefined) choose(offered);
    const vpc = networks.vpcs.find(({ IsDefault }) => IsDefault) ?? networks.vpcs[0];
    const name = freeGroupName(networks.groups.map(({ GroupName = "" }) => GroupName));
    const newGroup = { ...FIRST.newGroup, name, description: `${name} created ${new Date().toISOString()}` };
    const vpcId = vpc?.VpcId ?? "";
    change({ vpcId, subnetId: firstSubnet(networks, vpcId), newGroup });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once: what the reader chose then is not changed
  }, [isKnown]);

  const hindered = isKnown ? hindrances(text, form, needsSubnet(networks, form.vpcId)) : [text("loading")];
  const question = image !== undefined && hindered.length === 0 && !launching ? questionOf(form, image) : null;
  const around = [image?.State, changes, networks?.groups.map(({ GroupName }) => GroupName), pairs?.map(({ KeyName }) => KeyName)];
  const verdict = useVerdict(region, question, JSON.stringify(around));
  const launch = async (chosen: Image): Promise<void> => {
    setLaunching(true);
    setFailure(undefined);
    try {
      const ready = await withGroup(region, form);
      setForm(ready); // a group that was made is not made again by another attempt
      const ids = await attempt.current.run(region, runParameters(ready, chosen, ready.groupIds));
      say({ type: "success", header: text("launch.done", { count: ids.length }), content: <Launched region={region} ids={ids} /> });
      go(at(region, "instances"));
    } catch (failed) {
      setLaunching(false);
      const groupStays = failed instanceof GroupStays;
      const words = inWords(text, groupStays ? failed.why : (failed as Error));
      setFailure(groupStays ? `${words} ${text("launch.groupStays", { group: failed.groupId })}` : words);
    }
  };
  const editing = { region, form, change };
  return (
    <ContentLayout header={<Header variant="h1" description={text("launch.help")}>{text("launch.title")}</Header>}>
      <Grid gridDefinition={[{ colspan: { default: 12, m: 8 } }, { colspan: { default: 12, m: 4 } }]}>
        <SpaceBetween size="l">
          <NameAndTags {...editing} />
          <SoftwareImage {...editing} images={images} image={image} account={account} asked={asked} choose={choose} />
          <InstanceTypeChoice {...editing} types={types} image={image} />
          <KeyPairChoice {...editing} />
          <NetworkSettings {...editing} networks={networks} />
          <Storage {...editing} image={image} />
          <AdvancedDetails {...editing} type={type} />
        </SpaceBetween>
        <div className="beside">
          <Summary
            {...editing}
            image={image}
            type={type}
            networks={networks}
            hindered={hindered}
            verdict={verdict}
            commands={image === undefined ? [] : launchCommands(form, image, region)}
            launching={launching}
            failure={failure}
            launch={() => image && void launch(image)}
          />
        </div>
      </Grid>
    </ContentLayout>
  );
}

/** The instances that were launched, each with its page. */
function Launched({ region, ids }: { region: string; ids: readonly string[] }): ReactNode {
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {ids.map((id) => (
        <Link key={id} color="inverted" href={at(region, "instances", id)}>
          {id}
        </Link>
      ))}
    </SpaceBetween>
  );
}
