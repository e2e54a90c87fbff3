/** Further private addresses of a network interface as they are edited, and the calls that this comes to. Pure. */
import type { NetworkInterface } from "../../api/types";
import type { Planned } from "../../resource/CallsDialog";
import { step } from "../../resource/steps";
import type { Text } from "../../texts/texts";
import { secondaryOf } from "./model";

/** What is to change. */
export interface Edits {
  removed: readonly string[];
  /** Empty: any address that is free. */
  added: readonly string[];
}

export const NO_EDITS: Edits = { removed: [], added: [] };

/**
 * The calls, in their order: what goes makes room for what comes. What somebody else took away is not taken again: EC2 would
 * refuse the call. EC2 has no dry run of them. `change` is told what is still to change once one was made.
 */
export function addressCalls(
  text: Text,
  eni: NetworkInterface,
  edits: Edits,
  reassign: boolean,
  change: (still: (edits: Edits) => Edits) => void,
): Planned[] {
  const { NetworkInterfaceId: id = "" } = eni;
  const there = secondaryOf(eni);
  const removed = edits.removed.filter((address) => there.includes(address));
  const { added } = edits;
  const named = added.filter((address) => address !== "");
  const count = added.length - named.length;
  const assigned = { NetworkInterfaceId: id, PrivateIpAddresses: named, ...(reassign && { AllowReassignment: true }) };
  const unassign: Planned = {
    step: step("UnassignPrivateIpAddresses", { NetworkInterfaceId: id, PrivateIpAddresses: removed }),
    words: text("addresses.of", { id, addresses: removed.join(", ") }),
    forget: () => change((edits) => ({ ...edits, removed: [] })),
    isUnasked: true,
  };
  const assign: Planned = {
    step: step("AssignPrivateIpAddresses", assigned),
    words: text("addresses.of", { id, addresses: named.join(", ") }),
    forget: () => change((edits) => ({ ...edits, added: edits.added.filter((address) => address === "") })),
    isUnasked: true,
  };
  const assignAny: Planned = {
    step: step("AssignPrivateIpAddresses", { NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: count }),
    words: text("addresses.any", { id, count }),
    forget: () => change((edits) => ({ ...edits, added: edits.added.filter((address) => address !== "") })),
    isUnasked: true,
  };
  return [...(removed.length > 0 ? [unassign] : []), ...(named.length > 0 ? [assign] : []), ...(count > 0 ? [assignAny] : [])];
}
