/** Create a default VPC, where the region's own was deleted. */
import Box from "@cloudscape-design/components/box";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import { useText } from "../../texts/texts";
import { zonesOf } from "../volumes/model";
import { vpcsOf } from "./model";

export function CreateDefaultVpc({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const { value: zones = [] } = useListing(useMemo(() => zonesOf(region), [region]));
  const { value: vpcs = [] } = useListing(useMemo(() => vpcsOf(region), [region]));
  return (
    <CallDialog
      region={region}
      title={text("action.createDefaultVpc")}
      action="CreateDefaultVpc"
      parameters={{}}
      state={vpcs.map(({ id }) => id).join()}
      done={({ Vpc }) => text("createVpc.done", { vpc: Vpc?.VpcId ?? "" })}
      close={close}
    >
      <Box variant="p">{text("createDefaultVpc.will", { count: zones.length, region })}</Box>
    </CallDialog>
  );
}
