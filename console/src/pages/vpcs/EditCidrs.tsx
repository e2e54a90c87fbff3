/** Edit the blocks of addresses of a VPC: further ones come, and those that no subnet uses go. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { CallsDialog, type Planned } from "../../resource/CallsDialog";
import type { Chosen } from "../../resource/resource";
import { step } from "../../resource/steps";
import { useText } from "../../texts/texts";
import { ipv4BlockOf } from "./blocks";
import { rowLabel, type VpcRow } from "./model";
import { associatedOf } from "./VpcCidrs";

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
  const hasIpv6 = blocks.some(({ version }) => version === "IPv6");
  const wrong = (block: string): boolean => ipv4BlockOf(block) === null;
  const planned: Planned[] = [
    ...blocks
      .filter(({ id }) => gone.includes(id))
      .map(({ id, block }) => ({
        step: step("DisassociateVpcCidrBlock", { AssociationId: id }),
        words: text("editCidrs.willRemove", { block }),
        forget: () => setGone((before) => before.filter((one) => one !== id)),
      })),
    ...added
      .filter((block) => !wrong(block))
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
      hindered={added.some(wrong) ? text("createVpc.notBlock") : null}
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
              {...(index === 0 && { description: text("editCidrs.first") })}
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
              errorText: (block) => (block !== "" && wrong(block) ? text("createVpc.notBlock") : null),
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
        <Checkbox checked={ipv6} disabled={hasIpv6} onChange={({ detail }) => setIpv6(detail.checked)}>
          {text("createVpc.amazonIpv6")}
        </Checkbox>
      </FormField>
    </CallsDialog>
  );
}
