/** The instances of a region. */
import Box from "@cloudscape-design/components/box";
import { useMemo, type ReactNode } from "react";
import { ResourceTable } from "../../table/ResourceTable";
import { useMoment, useText } from "../../texts/texts";
import { InstanceActions } from "./InstanceActions";
import { instancesDescription } from "./columns";
import { instancesOf } from "./model";

export default function Instances({ region }: { region: string }): ReactNode {
  const text = useText();
  const moment = useMoment();
  const description = useMemo(() => instancesDescription(region, text, moment), [region, text, moment]);
  const listing = useMemo(() => instancesOf(region), [region]);
  return (
    <ResourceTable
      description={description}
      listing={listing}
      empty={
        <Box textAlign="center" color="inherit">
          <b>{text("instances.empty")}</b>
          <Box variant="p" color="inherit">
            {text("instances.emptyHelp", { region })}
          </Box>
        </Box>
      }
      actions={(selected) => <InstanceActions region={region} selected={selected} />}
    />
  );
}
