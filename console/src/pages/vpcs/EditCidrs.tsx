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
import { MOST_BLOCKS, problemOf, usersOf } from "./cidrEdits";
import { rowLabel, type VpcRow } from "./model";
import { associatedOf, type Associated } from "./VpcCidrs";

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
  const isGone = ({ id }: Associated): boolean => gone.includes(id);
  const stay = blocks.filter((one) => one.version === "IPv4" && !isGone(one)).map(({ block }) => block); // what goes makes room first
  const wrong = (index: number): string | null => problemOf(text, index, added, stay);
  const most = stay.length + added.length > MOST_BLOCKS ? text("editCidrs.most", { most: MOST_BLOCKS }) : null;
  const ofVpc = subnets.flatMap(({ subnet }) => (subnet.VpcId === row.id ? [subnet] : []));
  const usedBy = (block: string): string => usersOf(block, ofVpc).join(", ");
  const kept = blocks.find((one) => isGone(one) && usedBy(one.block) !== "");
  const hindered =
    added.map((_, index) => wrong(index)).find((problem) => problem !== null) ??
    most ??
    (kept ? text("editCidrs.used", { block: kept.block, subnets: usedBy(kept.block) }) : null);
  const planned: Planned[] = [
    ...blocks
      .filter(isGone)
      .map(({ id, block }) => ({
        step: step("DisassociateVpcCidrBlock", { AssociationId: id }),
        words: text("editCidrs.willRemove", { block }),
        forget: () => setGone((before) => before.filter((one) => one !== id)),
      })),
    ...added
      .filter((_, index) => wrong(index) === null)
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
      hindered={hindered}
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
              errorText: (block, index) => (block === "" ? null : wrong(index)),
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
