/** The blocks of addresses of a VPC. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Vpc } from "../../api/types";
import { TAKEN } from "../../resource/addressBlocks";
import { State } from "../../resource/State";
import { useText } from "../../texts/texts";
import type { VpcRow } from "./model";

export interface Associated {
  id: string;
  block: string;
  version: "IPv4" | "IPv6";
  state: string;
}

/** IPv4 before IPv6, the first block first; without those that were taken away. */
export function associatedOf(vpc: Vpc): Associated[] {
  const all = [
    ...(vpc.CidrBlockAssociationSet ?? []).map(({ AssociationId = "", CidrBlock = "", CidrBlockState }): Associated => {
      return { id: AssociationId, block: CidrBlock, version: "IPv4", state: CidrBlockState?.State ?? "" };
    }),
    ...(vpc.Ipv6CidrBlockAssociationSet ?? []).map(({ AssociationId = "", Ipv6CidrBlock = "", Ipv6CidrBlockState }): Associated => {
      return { id: AssociationId, block: Ipv6CidrBlock, version: "IPv6", state: Ipv6CidrBlockState?.State ?? "" };
    }),
  ];
  return all.filter(({ state }) => state !== TAKEN);
}

export function VpcCidrs({ item: row }: { region: string; item: VpcRow }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={<Header variant="h2">{text("vpc.cidrs")}</Header>}
      items={associatedOf(row.vpc)}
      ariaLabels={{ tableLabel: text("vpc.cidrs") }}
      columnDefinitions={[
        { id: "version", header: text("vpc.version"), cell: (one) => one.version },
        { id: "block", header: text("vpc.block"), cell: (one) => one.block, isRowHeader: true },
        { id: "state", header: text("vpc.state"), cell: (one) => <State state={one.state} /> },
        { id: "id", header: text("vpc.association"), cell: (one) => one.id },
      ]}
    />
  );
}
