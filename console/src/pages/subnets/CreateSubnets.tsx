/** Create subnets in a VPC, one or several. */
import Button from "@cloudscape-design/components/button";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import { nameTag } from "../../resource/resource";
import { step } from "../../resource/steps";
import { useText } from "../../texts/texts";
import { VpcField } from "../networks/VpcField";
import { vpcsOf, blocksOf, rowLabel } from "../vpcs/model";
import { zonesOf } from "../volumes/model";
import { subnetsOf } from "./model";
import { askedFor, newSubnet, overlaps, wantedTags, type NewSubnet } from "./newSubnet";
import { NewSubnetFields } from "./NewSubnetFields";

export function CreateSubnets({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const { value: vpcs } = useListing(useMemo(() => vpcsOf(region), [region]));
  const { value: zones } = useListing(useMemo(() => zonesOf(region), [region]));
  const { value: subnets } = useListing(useMemo(() => subnetsOf(region), [region]));
  const [vpcId, chooseVpc] = useState("");
  const [wanted, setWanted] = useState<readonly NewSubnet[]>([]);
  const vpc = vpcs?.find(({ id }) => id === vpcId);
  const whole = vpc === undefined ? [] : blocksOf(vpc.vpc);
  const taken = (subnets ?? []).filter(({ subnet }) => subnet.VpcId === vpcId).map(({ subnet }) => subnet.CidrBlock ?? "");
  const choose = (id: string): void => {
    const chosen = vpcs?.find((one) => one.id === id);
    const others = (subnets ?? []).filter(({ subnet }) => subnet.VpcId === id).map(({ subnet }) => subnet.CidrBlock ?? "");
    chooseVpc(id);
    setWanted(chosen === undefined ? [] : [newSubnet(blocksOf(chosen.vpc), others)]);
  };
  const change = (index: number, more: Partial<NewSubnet>): void =>
    setWanted((before) => before.with(index, { ...before[index]!, ...more }));
  const forget = (key: number): void => setWanted((before) => before.filter((one) => one.key !== key));
  const planned: Planned[] = wanted.map((one) => ({
    step: step("CreateSubnet", askedFor(vpcId, one)),
    words: text("createSubnet.will", { name: nameTag(wantedTags(one)) || "–", block: one.block, zone: one.zone || text("createSubnet.anyZone") }),
    forget: () => forget(one.key),
  }));
  const clash = overlaps(wanted.map(({ block }) => block));
  const hindered =
    vpcs === undefined || subnets === undefined || zones === undefined
      ? text("loading")
      : vpc === undefined
        ? text("vpc.choose")
        : wanted.some(({ tags }) => !tags.valid)
          ? text("tags.invalid")
          : clash === null
            ? null
            : text("createSubnet.overlap", { one: clash[0], other: clash[1] });
  return (
    <CallsDialog
      region={region}
      title={text("action.createSubnet")}
      go={text("action.createSubnet")}
      planned={planned}
      hindered={hindered}
      state={taken.join()}
      done={(count) => text("createSubnet.done", { count, vpc: vpc === undefined ? vpcId : rowLabel(vpc) })}
      close={close}
      size="max"
    >
      <VpcField
        region={region}
        value={vpcId}
        onChange={choose}
        description={whole.length === 0 ? text("createSubnet.vpcHelp") : text("createSubnet.blocks", { blocks: whole.join(", ") })}
      />
      {wanted.map((one, index) => (
        <NewSubnetFields
          key={one.key}
          value={one}
          title={text("createSubnet.one", { number: index + 1, of: wanted.length })}
          zones={zones ?? []}
          onChange={(more) => change(index, more)}
          {...(wanted.length > 1 && { remove: () => forget(one.key) })}
        />
      ))}
      {vpc !== undefined && (
        <Button
          iconName="add-plus"
          onClick={() => setWanted((before) => [...before, newSubnet(whole, [...taken, ...before.map(({ block }) => block)])])}
        >
          {text("createSubnet.add")}
        </Button>
      )}
    </CallsDialog>
  );
}
