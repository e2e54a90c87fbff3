/** What a DHCP option set says, and which VPCs have it. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { Facts } from "../../resource/Facts";
import { nameTag } from "../../resource/resource";
import { IdLink } from "../vpcs/links";
import { KEYS, valuesOf, type OptionsRow } from "./model";

export function DhcpOptionsFacts({ region, item: row }: { region: string; item: OptionsRow }): ReactNode {
  return (
    <Facts
      facts={[
        ["dhcp.id", row.id],
        ["ownerId", row.options.OwnerId],
        [
          "vpcs",
          row.vpcs.length === 0 ? "" : (
            <SpaceBetween size="xxs">
              {row.vpcs.map(({ VpcId, Tags }) => (
                <IdLink key={VpcId} region={region} id={VpcId} name={nameTag(Tags)} />
              ))}
            </SpaceBetween>
          ),
        ],
        ...KEYS.map((key) => [`dhcp.${key}`, valuesOf(row.options, key)] as const),
      ]}
    />
  );
}
