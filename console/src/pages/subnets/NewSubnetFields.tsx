/** What is to be said of one new subnet. */
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { ChoiceField, TextField } from "../../resource/fields";
import { NameAndTags } from "../../resource/NameAndTags";
import { useText } from "../../texts/texts";
import { ipv4BlockOf, isSized, RESERVED, sizeOf } from "../vpcs/blocks";
import type { NewSubnet } from "./newSubnet";

interface Properties {
  value: NewSubnet;
  title: string;
  zones: readonly string[];
  onChange: (more: Partial<NewSubnet>) => void;
  /** Without it the one is the last. */
  remove?: () => void;
}

export function NewSubnetFields({ value, title, zones, onChange, remove }: Properties): ReactNode {
  const text = useText();
  const block = ipv4BlockOf(value.block);
  const help = isSized(block) ? text("createSubnet.usable", { count: sizeOf(block) - RESERVED, reserved: RESERVED }) : text("createVpc.blockHelp");
  return (
    <Container
      header={
        <Header variant="h3" actions={remove && <Button onClick={remove}>{text("remove")}</Button>}>
          {title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ColumnLayout columns={2}>
          <ChoiceField
            label="instance.zone"
            value={value.zone}
            onChange={(zone) => onChange({ zone })}
            options={[{ value: "", label: text("launch.subnetAny") }, ...zones.map((zone) => ({ value: zone, label: zone }))]}
          />
          <TextField label="vpc.ipv4" value={value.block} constraint={help} onChange={(typed) => onChange({ block: typed.trim() })} />
        </ColumnLayout>
        <NameAndTags value={value.tags} onChange={(tags) => onChange({ tags })} />
      </SpaceBetween>
    </Container>
  );
}
