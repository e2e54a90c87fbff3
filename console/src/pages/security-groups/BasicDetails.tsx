/** Name, description and VPC of a new security group, none of which can be changed later. */
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { Vpc } from "../../api/types";
import { nameTag } from "../../resource/resource";
import { useText, type Text, type TextKey } from "../../texts/texts";

export interface Basic {
  name: string;
  description: string;
  vpc: string | undefined;
}

interface Properties {
  value: Basic;
  vpcs: readonly Vpc[];
  /** Whether the group is made already. */
  isMade: boolean;
  onChange: (value: Basic) => void;
}

const TEXT = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;

export function BasicDetails({ value, vpcs, isMade, onChange }: Properties): ReactNode {
  const text = useText();
  const options = vpcs.map((vpc) => ({
    value: vpc.VpcId ?? "",
    label: [vpc.VpcId, nameTag(vpc.Tags), vpc.IsDefault ? `(${text("group.defaultVpc")})` : ""].filter(Boolean).join(" "),
  }));
  const [name, description] = [nameProblem(value.name), descriptionProblem(value.description)];
  return (
    <Container header={<Header variant="h2">{text("createGroup.basic")}</Header>}>
      <SpaceBetween size="m">
        <FormField label={text("group.name")} constraintText={text("createGroup.nameHelp")} errorText={name && text(name)}>
          <Input value={value.name} disabled={isMade} onChange={({ detail }) => onChange({ ...value, name: detail.value })} />
        </FormField>
        <FormField label={text("group.description")} errorText={description && text(description)}>
          <Input
            value={value.description}
            disabled={isMade}
            onChange={({ detail }) => onChange({ ...value, description: detail.value })}
          />
        </FormField>
        <FormField label={text("instance.vpc")}>
          <Select
            selectedOption={options.find((option) => option.value === value.vpc) ?? null}
            options={options}
            disabled={isMade}
            onChange={({ detail }) => onChange({ ...value, vpc: detail.selectedOption.value })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

/** What these lack; null where EC2 would take them. */
export function basicHindrance(text: Text, { name, description }: Basic): string | null {
  if (name.trim() === "") return text("createGroup.noName");
  if (description === "") return text("createGroup.noDescription");
  const found = nameProblem(name) ?? descriptionProblem(description);
  return found === null ? null : text(found);
}

function nameProblem(name: string): TextKey | null {
  if (name.startsWith("sg-")) return "createGroup.nameLikeId";
  if (name === "default") return "createGroup.nameReserved";
  return TEXT.test(name) ? null : "createGroup.nameWrong";
}

function descriptionProblem(description: string): TextKey | null {
  return TEXT.test(description) ? null : "createGroup.descriptionWrong";
}
