/** Further private addresses of a network interface as they are edited, and the calls that this comes to. Pure. */
import { step, type ShownStep } from "../../resource/steps";
import type { Text } from "../../texts/texts";

/** What is to change. */
export interface Edits {
  removed: readonly string[];
  /** Empty: any address that is free. */
  added: readonly string[];
}

export const NO_EDITS: Edits = { removed: [], added: [] };

/** The calls, in their order: what goes makes room for what comes. */
export function addressSteps(text: Text, id: string, { removed, added }: Edits, reassign: boolean): ShownStep[] {
  const named = added.filter((address) => address !== "");
  const count = added.length - named.length;
  const depends = removed.length > 0;
  const PrivateIpAddresses = [...removed];
  const assigned = { NetworkInterfaceId: id, PrivateIpAddresses: named, ...(reassign && { AllowReassignment: true }) };
  return [
    ...(removed.length === 0
      ? []
      : [
          {
            ...step("UnassignPrivateIpAddresses", { NetworkInterfaceId: id, PrivateIpAddresses }),
            says: text("addresses.unassign", { id, addresses: removed.join(", ") }),
          },
        ]),
    ...(named.length === 0
      ? []
      : [{ ...step("AssignPrivateIpAddresses", assigned), says: text("addresses.assign", { id, addresses: named.join(", ") }), depends }]),
    ...(count === 0
      ? []
      : [
          {
            ...step("AssignPrivateIpAddresses", { NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: count }),
            says: text("addresses.assignAny", { id, count }),
            depends,
          },
        ]),
  ];
}

/** What is still to change once a step was made. */
export function without(edits: Edits, made: { action: string; parameters: object }): Edits {
  if (made.action === "UnassignPrivateIpAddresses") return { ...edits, removed: [] };
  const isNamed = "PrivateIpAddresses" in made.parameters;
  return { ...edits, added: edits.added.filter((address) => (address === "") === isNamed) };
}
