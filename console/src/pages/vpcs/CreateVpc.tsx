/** Create a VPC: alone, or with subnets, gateways and routes. */
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useState, type ReactNode } from "react";
import { useText } from "../../texts/texts";
import { VpcAndMore } from "./VpcAndMore";
import { VpcOnly } from "./VpcOnly";

export function CreateVpc({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [what, choose] = useState("only");
  const choice = (
    <FormField label={text("createVpc.what")} description={text("createVpc.whatHelp")}>
      <RadioGroup
        value={what}
        items={[
          { value: "only", label: text("createVpc.only") },
          { value: "more", label: text("createVpc.more") },
        ]}
        onChange={({ detail }) => choose(detail.value)}
      />
    </FormField>
  );
  return what === "only" ? <VpcOnly region={region} choice={choice} close={close} /> : <VpcAndMore region={region} choice={choice} close={close} />;
}
