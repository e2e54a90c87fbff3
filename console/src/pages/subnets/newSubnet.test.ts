import { expect, test } from "vitest";
import { NO_TAGS } from "../../resource/tags";
import { askedFor, newSubnet, overlaps } from "./newSubnet";

test("a new subnet has the first addresses that are free", () => {
  expect(newSubnet(["10.0.0.0/16"], []).block).toBe("10.0.0.0/20");
  expect(newSubnet(["10.0.0.0/16"], ["10.0.0.0/24", "10.0.16.0/20"]).block).toBe("10.0.32.0/20");
  expect(newSubnet(["10.0.0.0/28", "10.1.0.0/24"], ["10.0.0.0/28"]).block).toBe("10.1.0.0/28");
});

test("where there is none left, the reader is to say", () => {
  expect(newSubnet(["10.0.0.0/28"], ["10.0.0.0/28"]).block).toBe("");
  expect(newSubnet([], []).block).toBe("");
});

test("two new ones that overlap are named", () => {
  expect(overlaps(["10.0.0.0/24", "10.0.1.0/24", "10.0.0.128/25"])).toEqual(["10.0.0.0/24", "10.0.0.128/25"]);
  expect(overlaps(["10.0.0.0/24", "10.0.1.0/24", "moss"])).toBeNull();
});

test("a zone is asked for only where one was chosen", () => {
  const one = { key: 1, block: "10.0.0.0/24", zone: "", tags: NO_TAGS };
  expect(askedFor("vpc-1", one)).toEqual({ VpcId: "vpc-1", CidrBlock: "10.0.0.0/24" });
  expect(askedFor("vpc-1", { ...one, zone: "us-east-1a" })).toMatchObject({ AvailabilityZone: "us-east-1a" });
});
