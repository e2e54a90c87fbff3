/** What tests of VPCs share. */
import type { Network } from "./network";

/** A VPC with nothing in it. */
export const empty: Network = {
  vpc: { VpcId: "vpc-1", CidrBlock: "10.0.0.0/16" },
  subnets: [],
  tables: [],
  acls: [],
  internetGateways: [],
  egressOnlyGateways: [],
  natGateways: [],
  peerings: [],
  interfaces: [],
  instances: new Map(),
  groups: [],
  rules: [],
};
