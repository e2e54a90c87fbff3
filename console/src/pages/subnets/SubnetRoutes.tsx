/** The routes of a subnet: those of its own table, or of its VPC's main one. */
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { RouteTableRoutes } from "../route-tables/RouteTableRoutes";
import { IdLink } from "../vpcs/links";
import type { SubnetRow } from "./model";

export function SubnetRoutes({ region, item: { table, hasMain } }: { region: string; item: Pick<SubnetRow, "table" | "hasMain"> }): ReactNode {
  const text = useText();
  if (table === undefined) return text("none");
  return (
    <SpaceBetween size="s">
      <Box variant="p">
        <IdLink region={region} id={table.RouteTableId} name={nameTag(table.Tags)} />: {text(hasMain ? "subnet.mainTableHelp" : "subnet.ownTableHelp")}
      </Box>
      <RouteTableRoutes region={region} item={{ table }} />
    </SpaceBetween>
  );
}
