/** The commands that make a NAT gateway. */
import { asCli } from "../../api/cli";
import type { Asked } from "../../api/types";

/** Stands for an Elastic IP address that is allocated first. */
export const NEW = "new";

export const ALLOCATION = { Domain: "vpc" } as const;

const UNMADE = "eipalloc-unmade";

/** The command of the gateway; before it, where it needs a new address, the one that allocates that. */
export function natGatewayCommands(region: string, parameters: Asked<"CreateNatGateway">, needsNew: boolean): string[] {
  if (!needsNew) return [asCli("CreateNatGateway", parameters, region)];
  const allocate = asCli("AllocateAddress", ALLOCATION, region);
  const create = asCli("CreateNatGateway", { ...parameters, AllocationId: UNMADE }, region);
  return [`ALLOCATION=$(${allocate} --query AllocationId --output text)`, create.replace(UNMADE, '"$ALLOCATION"')];
}
