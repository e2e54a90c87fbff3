import { act } from "react";
import { expect, test } from "vitest";
import { show } from "../../../testing";
import { empty } from "../testing";
import { MapPicture } from "./MapPicture";

const network = {
  ...empty,
  subnets: ["a", "b"].map((letter) => ({ SubnetId: `subnet-${letter}`, CidrBlock: `10.0.0.0/2${letter}`, AvailabilityZone: "us-east-1a" })),
  tables: [
    { RouteTableId: "rtb-a", Associations: [{ SubnetId: "subnet-a" }], Routes: [] },
    { RouteTableId: "rtb-b", Associations: [{ SubnetId: "subnet-b" }], Routes: [] },
  ],
  interfaces: [{ NetworkInterfaceId: "eni-1", SubnetId: "subnet-a", PrivateIpAddress: "10.0.0.5", Attachment: { InstanceId: "i-1" } }],
  instances: new Map([["i-1", { InstanceId: "i-1", State: { Name: "running" as const } }]]),
};
const classes = (part: string): string[] =>
  [...document.querySelectorAll(part)].map((one) => one.getAttribute("class")!.split(" ").filter((name) => ["lit", "dim", "stop"].includes(name)).join());

test("whoever goes to a node by the keyboard sees its way, and no other", async () => {
  await show(<MapPicture network={network} title="map" region="us-east-1" />);
  expect(classes(".subnet")).toEqual(["", ""]);
  const [instance] = document.querySelectorAll<SVGAElement>(".guest");
  act(() => instance!.focus());
  expect([classes(".subnet"), classes(".table"), classes(".line")]).toEqual([["lit", "dim"], ["lit", "dim"], ["lit", "dim", "lit", "dim"]]);
  act(() => instance!.blur());
  expect(classes(".subnet")).toEqual(["", ""]);
});

test("the way of a flow is marked, with where it ends", async () => {
  await show(<MapPicture network={network} title="map" region="us-east-1" marked={new Set(["subnet-a", "i-1"])} stoppedAt="rtb-a" />);
  expect([classes(".subnet"), classes(".table"), classes(".guest")]).toEqual([["lit", "dim"], ["stop", "dim"], ["lit"]]);
});

test("what is not made yet leads to no page, and can be reached all the same", async () => {
  await show(<MapPicture network={network} title="map" />);
  expect(document.querySelectorAll(".map a")).toHaveLength(0);
  expect(document.querySelectorAll(".map [role=img][tabindex='0']")).toHaveLength(5);
});
