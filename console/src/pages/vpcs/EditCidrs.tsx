/** Edit the blocks of addresses of a VPC: further ones come, and those that no subnet uses go. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { step } from "../../resource/steps";
import { useText } from "../../texts/texts";
import { subnetsOf } from "../subnets/model";
import { contains, ipv4BlockOf, overlap } from "./blocks";
import { rowLabel, type VpcRow } from "./model";
import { associatedOf } from "./VpcCidrs";

/** EC2's usual limit of a VPC. */
const MOST_IPV6_BLOCKS = 5;

interface Properties {
  region: string;
  items: Chosen<VpcRow>;
  close: () => void;
}

export function EditCidrs({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const [gone, setGone] = useState<readonly string[]>([]);
  const [added, setAdded] = useState<readonly string[]>([]);
  const [ipv6, setIpv6] = useState(false);
  const blocks = associatedOf(row.vpc);
  const isFull = blocks.filter(({ id, version }) => version === "IPv6" && !gone.includes(id)).length >= MOST_IPV6_BLOCKS;
  const { value: subnets = [] } = useListing(useMemo(() => subnetsOf(region), [region]));
  // EC2 knows no dry run of these calls: what is known here is said instead.
  const wrong = (block: string): string | null => {
    const asked = ipv4BlockOf(block);
    if (asked === null) return text("createVpc.notBlock");
    const [others, same] = [blocks.map((one) => one.block), added.filter((one) => one === block)];
    const clash = others.find((other) => areAlike(other, block)) ?? (same.length > 1 ? block : undefined);
    return clash === undefined ? null : text("createSubnet.overlap", { one: block, other: clash });
  };
  const usedBy = (block: string): string =>
    subnets
      .filter(({ subnet }) => subnet.VpcId === row.id && lies(subnet.CidrBlock ?? "", block))
      .map(({ id }) => id)
      .join(", ");
  const kept = blocks.find(({ id, block }) => gone.includes(id) && usedBy(block) !== "");
  const planned: Planned[] = [
    ...blocks
      .filter(({ id }) => gone.includes(id))
      .map(({ id, block }) => ({
        step: step("DisassociateVpcCidrBlock", { AssociationId: id }),
        words: text("editCidrs.willRemove", { block }),
        forget: () => setGone((before) => before.filter((one) => one !== id)),
      })),
    ...added
      .filter((block) => wrong(block) === null)
      .map((block) => ({
        step: step("AssociateVpcCidrBlock", { VpcId: row.id, CidrBlock: block }),
        words: text("editCidrs.willAdd", { block }),
        forget: () => setAdded((before) => before.filter((one) => one !== block)),
      })),
    ...(ipv6
      ? [
          {
            step: step("AssociateVpcCidrBlock", { VpcId: row.id, AmazonProvidedIpv6CidrBlock: true }),
            words: text("createVpc.amazonIpv6"),
            forget: () => setIpv6(false),
          },
        ]
      : []),
  ];
  return (
    <CallsDialog
      region={region}
      title={text("action.editCidrs")}
      go={text("saveChanges")}
      planned={planned}
      hindered={added.map(wrong).find((problem) => problem !== null) ?? (kept ? text("editCidrs.used", { block: kept.block, subnets: usedBy(kept.block) }) : null)}
      state={blocks.map(({ id }) => id).join()}
      done={(count) => text("editCidrs.done", { vpc: rowLabel(row), count })}
      close={close}
    >
      <FormField label={text("editCidrs.present")} description={text("editCidrs.presentHelp")}>
        <SpaceBetween size="xxs">
          {blocks.map(({ id, block }, index) => (
            <Checkbox
              key={id}
              checked={gone.includes(id)}
              disabled={index === 0}
              description={index === 0 ? text("editCidrs.first") : usedBy(block) === "" ? "" : text("editCidrs.used", { block, subnets: usedBy(block) })}
              onChange={({ detail }) => setGone((before) => (detail.checked ? [...before, id] : before.filter((one) => one !== id)))}
            >
              {text("editCidrs.remove", { block })}
            </Checkbox>
          ))}
        </SpaceBetween>
      </FormField>
      <FormField label={text("editCidrs.new")} description={text("createVpc.blockHelp")}>
        <AttributeEditor
          items={added}
          empty={text("editCidrs.noNew")}
          addButtonText={text("editCidrs.add")}
          removeButtonText={text("remove")}
          removeButtonAriaLabel={(block) => `${text("remove")} ${block}`}
          onAddButtonClick={() => setAdded((before) => [...before, ""])}
          onRemoveButtonClick={({ detail }) => setAdded((before) => before.filter((_, index) => index !== detail.itemIndex))}
          definition={[
            {
              label: text("vpc.ipv4"),
              errorText: (block) => (block === "" ? null : wrong(block)),
              control: (block, index) => (
                <Input
                  value={block}
                  ariaLabel={text("vpc.ipv4")}
                  onChange={({ detail }) => setAdded((before) => before.with(index, detail.value.trim()))}
                />
              ),
            },
          ]}
        />
      </FormField>
      <FormField label={text("vpc.ipv6")} description={text("vpc.ipv6Recorded")}>
        <Checkbox checked={ipv6} disabled={isFull && !ipv6} onChange={({ detail }) => setIpv6(detail.checked)}>
          {text("createVpc.amazonIpv6")}
        </Checkbox>
      </FormField>
    </CallsDialog>
  );
}

function areAlike(one: string, other: string): boolean {
  const [first, second] = [ipv4BlockOf(one), ipv4BlockOf(other)];
  return first !== null && second !== null && overlap(first, second);
}

function lies(inner: string, outer: string): boolean {
  const [first, second] = [ipv4BlockOf(inner), ipv4BlockOf(outer)];
  return first !== null && second !== null && contains(second, first);
}
