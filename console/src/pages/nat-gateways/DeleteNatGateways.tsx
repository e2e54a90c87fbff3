/** Delete NAT gateways: says which routes become blackholes, and that Elastic IP addresses stay. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { ForEach, type Prospect } from "../../resource/ForEach";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { routeTablesOf } from "../route-tables/model";
import { routesTo } from "../route-tables/routesTo";
import { isGone, rowLabel, type NatGatewayRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<NatGatewayRow>;
  close: () => void;
}

export function DeleteNatGateways({ region, items, close }: Properties): ReactNode {
  const text = useText();
  const { value: tables } = useListing(useMemo(() => routeTablesOf(region), [region]));
  const prospect = (row: NatGatewayRow): Prospect => {
    if (tables === undefined) return { type: "loading", text: text("loading") };
    if (isGone(row)) return { type: "info", text: text("natGateway.isDeleting") };
    const routes = routesTo(tables, row.id);
    const address = row.address?.PublicIp;
    const said = [
      text("natGateway.deleteWill"),
      ...(address ? [text("natGateway.deleteAddress", { address, allocation: row.address?.AllocationId ?? "" })] : []),
      ...(routes === "" ? [] : [text("gone.routes", { routes })]),
    ];
    return { type: "warning", text: said.join(" ") };
  };
  return (
    <ForEach
      region={region}
      items={items}
      idOf={(row) => row.id}
      labelOf={rowLabel}
      title={text("natGateway.deleteTitle", { count: items.length })}
      what={text("action.deleteNatGateway")}
      action="DeleteNatGateway"
      parameters={(row) => ({ NatGatewayId: row.id })}
      prospect={prospect}
      stateOf={(row) => row.state}
      close={close}
    />
  );
}
