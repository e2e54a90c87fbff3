import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { mapOf } from "./map/mapModel";
import { partsOf, USUAL, type Form } from "./parts";
import { previewOf } from "./preview";
import { linksOf } from "./vpcAndMore";

const zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"];
const form = (more: Partial<Form> = {}): Form => ({ ...USUAL, ...more });
const blocks = (one: Form) => partsOf(one, zones)?.map(({ suffix, block }) => [suffix, block]);
const links = (one: Form) => linksOf(textsOf("en"), one, partsOf(one, zones)!);
const actions = (one: Form) => links(one).map(({ action }) => action);

test("public subnets are at the block's beginning, private ones in its second half, as EC2's console has them", () => {
  expect(blocks(form())).toEqual([
    ["public1-us-east-1a", "10.0.0.0/20"],
    ["public2-us-east-1b", "10.0.16.0/20"],
    ["private1-us-east-1a", "10.0.128.0/20"],
    ["private2-us-east-1b", "10.0.144.0/20"],
  ]);
  expect(blocks(form({ zones: 1, publics: 0, privates: 2 }))).toEqual([
    ["private1-us-east-1a", "10.0.128.0/20"],
    ["private2-us-east-1a", "10.0.144.0/20"],
  ]);
});

test("a small block is parted as far as it goes, and no further", () => {
  expect(blocks(form({ block: "10.0.0.0/26", zones: 3, privates: 0 }))).toHaveLength(3);
  expect(blocks(form({ block: "10.0.0.0/26", zones: 3 }))).toBeUndefined();
  expect(partsOf(form({ block: "10.0.0.0/8" }), zones)).toBeNull();
});

test("every call names only what was made before it", () => {
  const made = new Set<string>();
  for (const { parameters, makes } of links(form({ zones: 3, privates: 2, nat: "each" }))) {
    parameters((name) => {
      expect(made).toContain(name);
      return name;
    });
    if (makes) made.add(makes.name);
  }
  expect(made.size).toBe(1 + 9 + 1 + 1 + 6 + 3 + 3); // VPC, subnets, gateway, tables, addresses, NAT gateways
});

test("without public subnets there is no internet gateway, and without private ones no further table", () => {
  expect(actions(form({ publics: 0 }))).not.toContain("CreateInternetGateway");
  expect(actions(form({ privates: 0 })).filter((action) => action === "CreateRouteTable")).toHaveLength(1);
});

test("a private subnet goes out by the NAT gateway of its zone, or by the only one", () => {
  const routes = (one: Form) =>
    links(one)
      .filter(({ action }) => action === "CreateRoute")
      .map(({ parameters }) => Object.values(parameters((name) => name)).at(-1));
  expect(routes(form({ nat: "each" }))).toEqual(["IGW", "NAT_1", "NAT_2"]);
  expect(routes(form({ nat: "one" }))).toEqual(["IGW", "NAT_1", "NAT_1"]);
  expect(routes(form())).toEqual(["IGW"]);
});

test("only what is not so already is set, and nothing has a name without a project", () => {
  const attributes = (one: Form) => links(one).flatMap(({ action, words }) => (action === "ModifyVpcAttribute" ? [words] : []));
  expect(attributes(form())).toEqual(["EnableDnsHostnames = true"]);
  expect(attributes(form({ hostnames: false, resolution: false }))).toEqual(["EnableDnsSupport = false"]);
  expect(JSON.stringify(links(form({ project: " " })).map(({ parameters }) => parameters(String)))).not.toContain("TagSpecifications");
});

test("a project's name may have spaces, but for those around it", () => {
  expect(links(form({ project: " My project " }))[0]!.parameters(String)).toMatchObject({
    TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "Name", Value: "My project-vpc" }] }],
  });
});

test("the preview is the network that the calls make", () => {
  const map = mapOf(previewOf(links(form({ nat: "one" }))));
  expect(map.vpc).toMatchObject({ name: "project-vpc", blocks: ["10.0.0.0/16"] });
  expect(map.subnets.map(({ name, isPublic }) => [name, isPublic])).toEqual([
    ["project-subnet-private1-us-east-1a", false],
    ["project-subnet-public1-us-east-1a", true],
    ["project-subnet-private2-us-east-1b", false],
    ["project-subnet-public2-us-east-1b", true],
  ]);
  expect(map.connections.map(({ name }) => name)).toEqual(["project-igw", "project-nat-public1-us-east-1a"]);
  expect(map.edges.filter(({ to }) => to === "NAT_1")).toHaveLength(2);
});
