/** What a page of 1,000 resources reads of each: were it a few times for each of the others, it would be millions. */
import { expect, test } from "vitest";
import { rowsOf as aclRows } from "../network-acls/model";
import { rowsOf as tableRows } from "../route-tables/model";
import { rowsOf as groupRows } from "../security-groups/model";
import { rowsOf as subnetRows } from "../subnets/model";
import { rowsOf as vpcRows } from "./model";

const COUNT = 1000;
const MOST = 20; // readings of one resource
let readings = 0;

/** A resource that counts how often something of it is read. */
function counted<T extends object>(resource: T): T {
  return new Proxy(resource, {
    get: (of, member) => {
      readings += 1;
      return Reflect.get(of, member);
    },
  });
}

const all = <T extends object>(make: (index: number) => T): T[] => Array.from({ length: COUNT }, (_, index) => counted(make(index)));
const vpcs = all((index) => ({ VpcId: `vpc-${index}` }));
const subnets = all((index) => ({ SubnetId: `subnet-${index}`, VpcId: `vpc-${index}` }));
const tables = all((index) => ({ RouteTableId: `rtb-${index}`, VpcId: `vpc-${index}`, Associations: [{ SubnetId: `subnet-${index}`, Main: index % 2 === 0 }] }));
const acls = all((index) => ({
  NetworkAclId: `acl-${index}`,
  VpcId: `vpc-${index}`,
  IsDefault: true,
  Associations: [{ SubnetId: `subnet-${index}`, NetworkAclId: `acl-${index}` }],
}));
const groups = all((index) => ({ GroupId: `sg-${index}` }));
const rules = all((index) => ({ GroupId: `sg-${index}`, ReferencedGroupInfo: { GroupId: `sg-${(index + 1) % COUNT}` } }));
const interfaces = all((index) => ({ NetworkInterfaceId: `eni-${index}`, Groups: [{ GroupId: `sg-${index}` }] }));

test.each([
  ["VPCs", 3, () => vpcRows(vpcs, tables, acls, [])],
  ["subnets", 4, () => subnetRows(subnets, vpcs, tables, acls)],
  ["route tables", 2, () => tableRows(tables, subnets)],
  ["network ACLs", 2, () => aclRows(acls, subnets)],
  ["security groups", 3, () => groupRows(groups, rules, interfaces)],
])("rows of 1,000 %s read each of %i kinds of resources a few times", (_, kinds, rows) => {
  readings = 0;
  expect(rows()).toHaveLength(COUNT);
  expect(readings).toBeLessThan(kinds * COUNT * MOST);
});
