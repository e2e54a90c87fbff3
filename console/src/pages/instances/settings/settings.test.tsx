import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { eventually, rowOf, serve, settle, show, type Reply } from "../../../testing";
import { ChangeCpuOptions } from "./ChangeCpuOptions";
import { ChangeCredits } from "./ChangeCredits";
import { ChangeShutdownBehavior } from "./ChangeShutdownBehavior";
import { ChangeType } from "./ChangeType";
import { EditUserData } from "./EditUserData";
import { changesOf, MetadataOptions, noticedOf, optionsOf } from "./MetadataOptions";
import type { Row } from "../model";
import { ofText, textOf } from "./userData";

const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;
const words = () => dialog().getElement().textContent;
const goButton = () => dialog().findFooter()!.findAllButtons()[1]!;
const type = (name: string, cores: number, mib: number, isBurstable: boolean) => ({
  InstanceType: name,
  VCpuInfo: { DefaultVCpus: cores * 2, DefaultCores: cores, DefaultThreadsPerCore: 2 },
  MemoryInfo: { SizeInMiB: mib },
  EbsInfo: { NvmeSupport: "required" },
  BurstablePerformanceSupported: isBurstable,
});
const TYPES = [type("t3.micro", 1, 1024, true), type("m5.xlarge", 2, 16_384, false)];
const stopped = () => {
  const instance = { InstanceId: "i-1", InstanceType: "t3.micro", CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 }, ImageId: "ami-1" };
  return rowOf("i-1", { state: "stopped", instance: instance as Row["instance"] });
};

function cloud(own: (action: string, parameters: Record<string, unknown>) => Reply | undefined = () => undefined) {
  return serve(({ action = "", parameters = {} }) => {
    const reply = own(action, parameters);
    if (reply !== undefined) return reply;
    if (parameters.DryRun) return { status: 412, body: { code: "DryRunOperation", message: "" } };
    if (action === "DescribeInstanceTypes") return { body: { InstanceTypes: TYPES } };
    if (action === "DescribeInstanceCreditSpecifications") {
      return { body: { InstanceCreditSpecifications: [{ InstanceId: "i-1", CpuCredits: "unlimited" }] } };
    }
    const told = {
      DisableApiStop: { Value: false },
      DisableApiTermination: { Value: true },
      InstanceInitiatedShutdownBehavior: { Value: "stop" },
      UserData: { Value: ofText("#!/bin/sh\n") },
    };
    return { body: action === "DescribeInstanceAttribute" ? told : {} };
  });
}

test("a type says what its guest will have, and that the host has no room for it now", async () => {
  const heard = cloud((action) =>
    action === "RunInstances" ? { status: 500, body: { code: "InsufficientInstanceCapacity", message: "no room" } } : undefined,
  );
  await show(<ChangeType region="us-east-1" items={[stopped()]} close={close} />);
  expect(words()).toContain("t3.micro (2 vCPU, 1 GiB)");
  expect(goButton().isDisabled()).toBe(true);
  const select = dialog().findContent().findSelect()!;
  act(() => select.openDropdown());
  act(() => select.selectOptionByValue("m5.xlarge", { expandToViewport: true }));
  await settle();
  expect(words()).toContain("From its next start on its guest has 4 vCPU, 16 GiB instead of 2 vCPU, 1 GiB.");
  expect(words()).toContain("Its credit specification is dropped");
  await eventually(() => words()?.includes("no room (InsufficientInstanceCapacity)") ?? false);
  await eventually(() => !goButton().isDisabled());
  act(() => goButton().click());
  await settle();
  const changed = heard.filter(({ action, parameters }) => action === "ModifyInstanceAttribute" && !parameters?.DryRun);
  expect(changed.map(({ parameters }) => parameters)).toEqual([{ InstanceId: "i-1", InstanceType: { Value: "m5.xlarge" } }]);
});

test("a shutdown behavior says what is lost, and that no protection refuses it", async () => {
  cloud();
  await show(<ChangeShutdownBehavior region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  act(() => dialog().findContent().findRadioGroup()!.findInputByValue("terminate")!.click());
  await settle();
  expect(words()).toContain("A shutdown inside the guest will terminate this instance");
  expect(words()).toContain("all that is on vol-1. Kept: no volume.");
  expect(words()).toContain("Termination protection does not refuse that.");
  expect(words()).toContain("--instance-initiated-shutdown-behavior terminate");
});

test("user data is shown as text, and sent as base64", async () => {
  const heard = cloud();
  await show(<EditUserData region="us-east-1" items={[stopped()]} close={close} />);
  const area = dialog().findContent().findTextarea()!;
  expect(area.getTextareaValue()).toBe("#!/bin/sh\n");
  act(() => area.setTextareaValue("#!/bin/sh\necho 雲\n"));
  await settle();
  await eventually(() => !goButton().isDisabled());
  act(() => goButton().click());
  await settle();
  const asked = heard.filter(({ action }) => action === "ModifyInstanceAttribute").at(-1)?.parameters;
  expect(textOf(asked?.Value as string)).toBe("#!/bin/sh\necho 雲\n");
  expect(asked).toMatchObject({ InstanceId: "i-1", Attribute: "userData" });
});

test("user data that is too long is not asked for, and that of a running instance is only shown", async () => {
  cloud();
  await show(<EditUserData region="us-east-1" items={[stopped()]} close={close} />);
  act(() => dialog().findContent().findTextarea()!.setTextareaValue("x".repeat(16_385)));
  expect(words()).toContain("EC2 takes at most 16384 bytes");
  expect(goButton().isDisabled()).toBe(true);
  await show(<EditUserData region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  expect(goButton().isDisabled()).toBe(true);
});

test.each(["", "plain", "é雲🌱", "a\u0000b"])("%j is the same text after base64", (plain) => expect(textOf(ofText(plain))).toBe(plain));
test("what is no text has none", () => expect([textOf("/w=="), textOf("!")]).toEqual([undefined, undefined]));

test("of the metadata options only what is changed is asked for, and what programs notice is said", () => {
  const before = optionsOf({ MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "optional", HttpPutResponseHopLimit: 1 } });
  expect(changesOf("i-1", before, before)).toBeUndefined();
  const wanted = { ...before, tokens: "required", hops: "2" };
  expect(changesOf("i-1", before, wanted)).toEqual({ InstanceId: "i-1", HttpTokens: "required", HttpPutResponseHopLimit: 2 });
  expect(noticedOf(before, wanted).map(({ key }) => key)).toEqual(["metadata.nowRequired"]);
  expect(noticedOf(before, { ...wanted, endpoint: "disabled" }).map(({ key }) => key)).toEqual(["metadata.nowOff"]);
});

test("a hop limit that EC2 does not take is not asked for", async () => {
  cloud();
  await show(<MetadataOptions region="us-east-1" items={[rowOf("i-1")]} close={close} />);
  act(() => dialog().findContent().findInput()!.setInputValue("65"));
  await settle();
  expect(words()).toContain("A whole number from 1 to 64");
  expect(goButton().isDisabled()).toBe(true);
});

test("a credit specification that an answer refuses is said in EC2's words", async () => {
  const Error = { Code: "IncorrectInstanceState", Message: "it ends" };
  cloud((action, { DryRun }) =>
    action === "ModifyInstanceCreditSpecification" && !DryRun
      ? { body: { UnsuccessfulInstanceCreditSpecifications: [{ InstanceId: "i-1", Error }] } }
      : undefined,
  );
  await show(<ChangeCredits region="us-east-1" items={[stopped()]} close={close} />);
  act(() => dialog().findContent().findCheckbox()!.findNativeInput().click());
  await settle();
  await eventually(() => !goButton().isDisabled());
  act(() => goButton().click());
  await settle();
  expect(words()).toContain("it ends (IncorrectInstanceState");
});

test("fewer processors are asked for in cores and threads", async () => {
  const heard = cloud();
  await show(<ChangeCpuOptions region="us-east-1" items={[stopped()]} close={close} />);
  const threads = dialog().findContent().findAllSelects()[1]!;
  act(() => threads.openDropdown());
  act(() => threads.selectOptionByValue("1", { expandToViewport: true }));
  await settle();
  expect(words()).toContain("From its next start on its guest has 1 vCPUs; now it has 2.");
  await eventually(() => !goButton().isDisabled());
  act(() => goButton().click());
  await settle();
  const asked = heard.filter(({ action }) => action === "ModifyInstanceCpuOptions").at(-1)?.parameters;
  expect(asked).toEqual({ InstanceId: "i-1", CoreCount: 1, ThreadsPerCore: 1 });
});
