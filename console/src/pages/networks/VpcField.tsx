/** A VPC of a region, to be chosen. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Vpc } from "../../api/types";
import { ChoiceField } from "../../resource/fields";
import { label, nameTag } from "../../resource/resource";
import { useText, type TextKey } from "../../texts/texts";
import { networksOf } from "../launch/choices";

interface Properties {
  region: string;
  value: string;
  onChange: (vpc: string) => void;
  label?: TextKey;
  description?: string;
  /** Which of them are offered. */
  offered?: (vpc: Vpc) => boolean;
}

export function VpcField({ region, value, onChange, label: title = "vpc", description, offered = () => true }: Properties): ReactNode {
  const text = useText();
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const vpcs = networks?.vpcs.filter(offered);
  return (
    <ChoiceField
      label={title}
      value={value}
      onChange={onChange}
      {...(description !== undefined && { description })}
      empty={text(vpcs === undefined ? "loading" : vpcs.length === 0 ? "vpc.none" : "vpc.choose")}
      options={(vpcs ?? []).map(({ VpcId = "", CidrBlock, IsDefault, Tags }) => ({
        value: VpcId,
        label: label(VpcId, nameTag(Tags)),
        description: [CidrBlock, IsDefault && text("group.defaultVpc")].filter(Boolean).join(", "),
      }))}
      filtered
    />
  );
}
