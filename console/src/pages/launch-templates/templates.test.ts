import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import { checkDeleted, repeatable, versionWords, warnings } from "./model";
import { dataOf, EMPTY, formOf, wrongForm } from "./templateForm";

const text = textsOf("en");

test("data that is shown in the form comes back as it was", () => {
  const data = {
    ImageId: "ami-1",
    InstanceType: "t3.micro" as const,
    KeyName: "mine",
    SecurityGroupIds: ["sg-1", "sg-2"],
    UserData: btoa("#!/bin/sh\n"),
    DisableApiTermination: true,
    TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "team", Value: "blue" }] }],
  };
  expect(dataOf(formOf(data))).toEqual(data);
  expect(formOf(data).userData.text).toBe("#!/bin/sh\n");
  expect(dataOf(formOf({}))).toEqual({});
});

test("user data that is no text stays what it is", () => {
  const UserData = btoa("\xff\xfe\x00");
  expect(formOf({ UserData }).userData).toMatchObject({ isBase64: true, text: UserData });
  expect(dataOf(formOf({ UserData }))).toEqual({ UserData });
});

test("what is emptied is in no data", () => {
  const form = { ...formOf({ ImageId: "ami-1", KeyName: "mine" }), key: "" };
  expect(dataOf(form)).toEqual({ ImageId: "ami-1" });
});

test.each([
  ["[1]", "template.moreWrong"],
  ["{", "template.moreWrong"],
  ["null", "template.moreWrong"],
  ['{ "KeyName": "mine" }', "template.moreTwice"],
  ['{ "EbsOptimized": true }', null],
  [" ", null],
])("the other parameters %s: %s", (more, wrong) => {
  expect(wrongForm({ ...EMPTY, more })).toBe(wrong);
});

test("a template of an instance has none of the addresses that are its own", () => {
  const data = {
    ImageId: "ami-1",
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: "subnet-1",
        PrivateIpAddress: "10.0.0.5",
        PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: "10.0.0.5" }],
        Ipv6Addresses: [{ Ipv6Address: "2001:db8::5" }],
      },
      { DeviceIndex: 1 },
    ],
  };
  expect(repeatable(data)).toEqual({
    ImageId: "ami-1",
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: "subnet-1", Ipv6AddressCount: 1 }, { DeviceIndex: 1 }],
  });
  expect(repeatable({ ImageId: "ami-1" })).toEqual({ ImageId: "ami-1" });
});

test("a version is named with what it is", () => {
  const template = { DefaultVersionNumber: 1, LatestVersionNumber: 3 };
  expect([1, 2, 3].map((version) => versionWords(text, version, template))).toEqual(["1 (Default)", "2", "3 (Latest)"]);
  expect(versionWords(text, 1, { DefaultVersionNumber: 1, LatestVersionNumber: 1 })).toBe("1 (Default, Latest)");
});

test("warnings are told, and versions that stay are failures", () => {
  expect(warnings({ Warning: { Errors: [{ Code: "InvalidAMIID.Malformed", Message: "Invalid id" }] } })).toBe("Invalid id (InvalidAMIID.Malformed)");
  expect(warnings({})).toBe("");
  const left = { VersionNumber: 1, ResponseError: { Code: "unexpectedError" as const, Message: "default" } };
  expect(() => checkDeleted({ UnsuccessfullyDeletedLaunchTemplateVersions: [left] })).toThrow("default (unexpectedError)");
  expect(() => checkDeleted({})).not.toThrow();
});
