/** Create a security group with its rules and tags, empty or as a copy of another one's rules. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { commandOf, type Step } from "../../resource/steps";
import { tagSpecifications, NO_TAGS } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { BasicDetails, basicHindrance, type Basic } from "./BasicDetails";
import { changesOf, firstSteps, stepsOf } from "./changes";
import { Done } from "./Done";
import { editedOf } from "./editedRules";
import { ALL_OUT, type Direction } from "./grant";
import { readRules, rowLabel, securityGroupsOf, vpcsOf, type Row, type Rule } from "./model";
import { readingsOf } from "./readings";
import { RulesSection } from "./RulesSection";
import { hindranceOf, wantedOf } from "./whole";

interface Properties {
  region: string;
  /** Whose rules and VPC it gets at first. */
  from?: Row;
  close: () => void;
}

/** What stands for the group's id in commands, before it has one. */
const UNMADE = "sg-unmade";
const VARIABLE = '"$GROUP"';

export function CreateGroup({ region, from, close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: rows } = useListing(useMemo(() => securityGroupsOf(region), [region]));
  const { value: vpcs } = useListing(useMemo(() => vpcsOf(region), [region]));
  const [basic, setBasic] = useState<Basic>({ name: "", description: "", vpc: from?.group.VpcId });
  const [inbound, setInbound] = useState(() => copied(from, "inbound").map(editedOf));
  const [outbound, setOutbound] = useState(() => copied(from, "outbound").map(editedOf));
  const [tags, setTags] = useState(NO_TAGS);
  const [made, setMade] = useState<{ id: string; rules: Record<Direction, Rule[]> }>();
  const [done, setDone] = useState<readonly string[] | null>(null);

  const groups = rows?.[0]?.groups ?? new Map();
  const vpc = basic.vpc ?? vpcs?.find(({ IsDefault }) => IsDefault)?.VpcId;
  const readings = { inbound: readingsOf(inbound, groups), outbound: readingsOf(outbound, groups) };
  const creation = {
    GroupName: basic.name,
    Description: basic.description,
    ...(vpc !== undefined && { VpcId: vpc }),
    ...tagSpecifications("security-group", tags),
  };
  const steps = (id: string): Step[] => {
    const after = { inbound: wantedOf(readings.inbound), outbound: wantedOf(readings.outbound) };
    if (made === undefined) return firstSteps(id, after.inbound, after.outbound);
    const rest = (way: Direction): Step[] => stepsOf(id, way, made.rules[way], changesOf(made.rules[way], after[way]));
    return [...rest("inbound"), ...rest("outbound")];
  };
  const act = async (): Promise<void> => {
    const id = made?.id ?? (await call(region, "CreateSecurityGroup", creation)).GroupId!;
    const succeeded = made === undefined ? ["CreateSecurityGroup"] : [];
    try {
      for (const step of steps(id)) {
        await step.run(region);
        succeeded.push(step.action);
      }
    } catch (failure) {
      setDone(succeeded);
      setMade({ id, rules: await readRules(region, id) });
      throw failure;
    }
    say({ type: "success", content: text("createGroup.done", { name: `${basic.name} (${id})` }) });
  };
  const commands = [
    ...(made === undefined ? [`GROUP=$(${asCli("CreateSecurityGroup", creation, region)} --query GroupId --output text)`] : []),
    ...steps(made?.id ?? UNMADE).map((step) => commandOf(step, region).replace(UNMADE, VARIABLE)),
  ];
  const hindered =
    rows === undefined || vpcs === undefined
      ? text("loading")
      : (basicHindrance(text, basic) ??
        hindranceOf(text, readings.inbound) ??
        hindranceOf(text, readings.outbound) ??
        (tags.valid ? null : text("tags.invalid")));
  return (
    <Dialog
      title={text(from === undefined ? "action.createGroup" : "action.copyGroup")}
      go={text(made === undefined ? "action.createGroup" : "rules.save")}
      hindered={hindered}
      commands={commands}
      act={act}
      close={close}
      size="max"
    >
      {from !== undefined && <Alert>{text("createGroup.copied", { name: rowLabel(from) })}</Alert>}
      <BasicDetails value={{ ...basic, vpc }} vpcs={vpcs ?? []} isMade={made !== undefined} onChange={setBasic} />
      <RulesSection way="inbound" rules={inbound} readings={readings.inbound} groups={groups} onChange={setInbound} />
      <RulesSection way="outbound" rules={outbound} readings={readings.outbound} groups={groups} onChange={setOutbound} />
      {made === undefined && <TagsField value={tags} onChange={setTags} />}
      <Done actions={done} />
    </Dialog>
  );
}

/** The rules that it has at first. */
function copied(from: Row | undefined, way: Direction): { id: undefined; grant: Rule["grant"]; description: string }[] {
  if (from !== undefined) return from.rules[way].map(({ grant, description }) => ({ id: undefined, grant, description }));
  return way === "inbound" ? [] : [{ id: undefined, grant: ALL_OUT, description: "" }];
}
