/** A VPC with what every VPC has, and nothing else. */
import Box from "@cloudscape-design/components/box";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField, TextField } from "../../resource/fields";
import { NameAndTags } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { useText } from "../../texts/texts";
import { ipv4BlockOf, RESERVED, sizeOf } from "./blocks";

export interface Properties {
  region: string;
  /** What else could be made. */
  choice: ReactNode;
  close: () => void;
}

export function VpcOnly({ region, choice, close }: Properties): ReactNode {
  const text = useText();
  const [tags, setTags] = useState(NO_TAGS);
  const [block, setBlock] = useState("");
  const [ipv6, setIpv6] = useState("none");
  const [tenancy, setTenancy] = useState("default");
  const parsed = ipv4BlockOf(block);
  const missing = block.trim() === "" ? text("createVpc.noBlock") : parsed === null ? text("createVpc.notBlock") : null;
  return (
    <CallDialog
      region={region}
      title={text("action.createVpc")}
      action="CreateVpc"
      parameters={{
        CidrBlock: block.trim(),
        ...(ipv6 === "amazon" && { AmazonProvidedIpv6CidrBlock: true }),
        ...(tenancy !== "default" && { InstanceTenancy: "dedicated" as const }),
        ...tagSpecifications("vpc", tags),
      }}
      hindered={missing ?? (tags.valid ? null : text("tags.invalid"))}
      done={({ Vpc }) => text("createVpc.done", { vpc: Vpc?.VpcId ?? "" })}
      close={close}
    >
      {choice}
      <TextField label="vpc.ipv4" value={block} onChange={setBlock} constraint={text("createVpc.blockHelp")} />
      <ChoiceField
        label="vpc.ipv6"
        value={ipv6}
        onChange={setIpv6}
        description={text("vpc.ipv6Recorded")}
        options={[
          { value: "none", label: text("createVpc.noIpv6") },
          { value: "amazon", label: text("createVpc.amazonIpv6") },
        ]}
      />
      <ChoiceField
        label="vpc.tenancy"
        value={tenancy}
        onChange={setTenancy}
        description={text("createVpc.tenancyHelp")}
        options={["default", "dedicated"].map((value) => ({ value, label: value }))}
      />
      <NameAndTags value={tags} onChange={setTags} />
      <Box variant="p">{text("createVpc.will", { count: parsed === null ? 0 : sizeOf(parsed), reserved: RESERVED })}</Box>
    </CallDialog>
  );
}
