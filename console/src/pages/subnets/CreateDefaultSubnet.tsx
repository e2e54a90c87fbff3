/** Create a default subnet in a zone whose own was deleted. */
import Box from "@cloudscape-design/components/box";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField } from "../../resource/fields";
import { useText } from "../../texts/texts";
import { zonesOf } from "../volumes/model";
import { subnetsOf } from "./model";

export function CreateDefaultSubnet({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const { value: zones } = useListing(useMemo(() => zonesOf(region), [region]));
  const { value: subnets } = useListing(useMemo(() => subnetsOf(region), [region]));
  const [chosen, choose] = useState<string>();
  const defaults = new Map((subnets ?? []).filter(({ subnet }) => subnet.DefaultForAz).map((row) => [row.subnet.AvailabilityZone, row]));
  const zone = chosen ?? zones?.find((name) => !defaults.has(name)) ?? zones?.[0] ?? "";
  return (
    <CallDialog
      region={region}
      title={text("action.createDefaultSubnet")}
      action="CreateDefaultSubnet"
      parameters={{ AvailabilityZone: zone }}
      hindered={zones === undefined || subnets === undefined ? text("loading") : null}
      state={[...defaults.values()].map(({ id }) => id).join()}
      done={({ Subnet }) => text("createDefaultSubnet.done", { subnet: Subnet?.SubnetId ?? "", zone })}
      close={close}
    >
      <ChoiceField
        label="instance.zone"
        value={zone}
        onChange={choose}
        options={(zones ?? []).map((name) => {
          const has = defaults.get(name);
          return { value: name, label: name, description: has === undefined ? text("createDefaultSubnet.none") : has.id };
        })}
      />
      <Box variant="p">{text("createDefaultSubnet.will")}</Box>
    </CallDialog>
  );
}
