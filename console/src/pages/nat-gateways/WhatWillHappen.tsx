/** What a new NAT gateway will do, and what keeps it from that: it fails where its VPC has no internet gateway. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Subnet } from "../../api/types";
import { useText } from "../../texts/texts";
import { internetGatewaysOf } from "../internet-gateways/model";
import { associationOf, destinationOf, mainAssociation, routeTablesOf } from "../route-tables/model";
import { targetOf } from "../route-tables/targets";

interface Properties {
  region: string;
  subnet: Subnet | undefined;
  isPublic: boolean;
  isNew: boolean;
}

export function WhatWillHappen({ region, subnet, isPublic, isNew }: Properties): ReactNode {
  const text = useText();
  const { value: gateways } = useListing(useMemo(() => internetGatewaysOf(region), [region]));
  const { value: tables } = useListing(useMemo(() => routeTablesOf(region), [region]));
  if (subnet === undefined || gateways === undefined || tables === undefined) return null;
  const { VpcId: vpc = "", SubnetId = "" } = subnet;
  const gateway = gateways.find((one) => one.vpc === vpc);
  if (isPublic && gateway === undefined) {
    return (
      <Alert type="warning" header={text("natGateway.willFail")}>
        {text("natGateway.willFailWhy", { vpc })}
      </Alert>
    );
  }
  const ofVpc = tables.filter((one) => one.vpc === vpc).map(({ table }) => table);
  const used = (associationOf(ofVpc, SubnetId) ?? mainAssociation(ofVpc))?.RouteTableId;
  const routes = ofVpc.find(({ RouteTableId }) => RouteTableId === used)?.Routes ?? [];
  const leadsOut = routes.some((route) => destinationOf(route) === "0.0.0.0/0" && targetOf(route).id === gateway?.id);
  return (
    <SpaceBetween size="s">
      <Alert type="info">
        {text(isPublic ? "natGateway.willPublic" : "natGateway.willPrivate")}
        {isNew && ` ${text("natGateway.willNew")}`}
      </Alert>
      {isPublic && !leadsOut && (
        <Alert type="warning" header={text("natGateway.noWayOut")}>
          {text("natGateway.noWayOutWhy", { subnet: SubnetId, table: used ?? "", gateway: gateway?.id ?? "" })}
        </Alert>
      )}
    </SpaceBetween>
  );
}
