/** Why the addresses of network interfaces cannot be changed as they are edited, as far as the page knows. */
import { useMemo } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { typesOf } from "../instances/settings/types";
import { networksOf } from "../launch/choices";
import type { Edits } from "./addresses";
import { countOf, mostOf, problemOf } from "./addressProblems";
import { networkInterfacesOf, rowLabel, type InterfaceRow } from "./model";

interface Problems {
  /** Of one address that is typed. */
  of: (row: InterfaceRow, address: string) => string | null;
  /** The first one of all; null where there is none. */
  first: string | null;
}

export function useProblems(region: string, rows: readonly InterfaceRow[], editsOf: (id: string) => Edits, reassign: boolean): Problems {
  const text = useText();
  const { value: networks } = useListing(useMemo(() => networksOf(region), [region]));
  const { value: all } = useListing(useMemo(() => networkInterfacesOf(region), [region]));
  const { value: types } = useListing(useMemo(() => typesOf(region), [region]));
  const of = ({ id, eni }: InterfaceRow, address: string): string | null => {
    const block = networks?.subnets.find(({ SubnetId }) => SubnetId === eni.SubnetId)?.CidrBlock;
    if (block === undefined || all === undefined) return null; // nothing can be said yet
    const others = all.filter((other) => other.id !== id && other.eni.SubnetId === eni.SubnetId).map((other) => other.eni);
    const found = problemOf(address, eni, editsOf(id), { block, others, reassign });
    return found === null ? null : text(found, { address });
  };
  const ofRow = (row: InterfaceRow): (string | null)[] => {
    const type = row.instance?.InstanceType;
    const most = mostOf(types?.find(({ InstanceType }) => InstanceType === type));
    const isFull = editsOf(row.id).added.length > 0 && countOf(row.eni, editsOf(row.id)) > most;
    const full = isFull ? text("addresses.problem.most", { name: rowLabel(row), most }) : null;
    return [...editsOf(row.id).added.map((address) => of(row, address)), full];
  };
  const isKnown = networks !== undefined && all !== undefined && types !== undefined;
  return { of, first: isKnown ? (rows.flatMap(ofRow).find((one) => one !== null) ?? null) : text("loading") };
}
