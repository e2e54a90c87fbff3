import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import type { LaunchTemplate } from "../../api/types";
import { eventually, rowOf, serve, settle, show } from "../../testing";
import { CreateTemplateFromInstance } from "./CreateTemplate";
import { CreateVersion } from "./CreateVersion";
import { DeleteVersions } from "./DeleteVersions";
import { LaunchFromTemplate } from "./LaunchFromTemplate";

const REGION = "us-east-1";
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;
const said = (): string => dialog().getElement().textContent ?? "";
const go = () => dialog().findFooter()!.findAllButtons()[1]!;
const template: LaunchTemplate = { LaunchTemplateId: "lt-1", LaunchTemplateName: "web", DefaultVersionNumber: 1, LatestVersionNumber: 2 };
const versions = [1, 2].map((VersionNumber) => ({
  VersionNumber,
  LaunchTemplateData: { ImageId: `ami-${VersionNumber}`, KeyName: "mine", EbsOptimized: true },
}));

/** A cloud with this template, that makes every call; what an action answers may be given. */
function cloud(answers: Record<string, object> = {}) {
  return serve(({ action = "", parameters = {} }) => {
    if (parameters.DryRun) return { status: 412, body: { code: "DryRunOperation", message: "" } };
    if (action === "DescribeLaunchTemplateVersions") return { body: { LaunchTemplateVersions: versions } };
    return { body: answers[action] ?? {} };
  });
}

const made = (heard: ReturnType<typeof serve>, action: string) =>
  heard.filter((one) => one.action === action && !one.parameters?.DryRun).map(({ parameters }) => parameters);

async function press(): Promise<void> {
  await eventually(() => !go().isDisabled());
  act(() => go().click());
  await settle();
}

test("a new version says all that it is to be, so that nothing comes back from its source", async () => {
  const heard = cloud();
  await show(<CreateVersion region={REGION} items={[template]} close={close} />);
  const key = dialog().findContent().findAllSelects()[3]!; // after the source, the AMI and the type
  act(() => key.openDropdown());
  act(() => key.selectOptionByValue("", { expandToViewport: true }));
  await press();
  expect(made(heard, "CreateLaunchTemplateVersion")).toEqual([
    { LaunchTemplateId: "lt-1", LaunchTemplateData: { ImageId: "ami-1", EbsOptimized: true } },
  ]);
});

test("the default version cannot be chosen to be deleted, and what stays is said", async () => {
  const error = { Code: "launchTemplateVersionDoesNotExist", Message: "gone" };
  const heard = cloud({ DeleteLaunchTemplateVersions: { UnsuccessfullyDeletedLaunchTemplateVersions: [{ VersionNumber: 2, ResponseError: error }] } });
  await show(<DeleteVersions region={REGION} items={[template]} close={close} />);
  const choice = dialog().findContent().findMultiselect()!;
  act(() => choice.openDropdown());
  expect(choice.findDropdown({ expandToViewport: true })!.findOptionByValue("1")!.getElement().textContent).toContain("1 (Default)");
  act(() => choice.selectOptionByValue("1", { expandToViewport: true }));
  act(() => choice.selectOptionByValue("2", { expandToViewport: true }));
  await eventually(() => !go().isDisabled());
  expect(said()).toContain("Delete template version (1)");
  expect(said()).toContain("--versions 2");
  act(() => go().click());
  await settle();
  expect(made(heard, "DeleteLaunchTemplateVersions")).toEqual([{ LaunchTemplateId: "lt-1", Versions: ["2"] }]);
});

test("a launch names the version that follows the template, and only what was chosen beside it", async () => {
  const heard = cloud({ RunInstances: { Instances: [{ InstanceId: "i-1" }] } });
  await show(<LaunchFromTemplate region={REGION} items={[template]} close={close} />);
  expect(said()).toContain("ami-1");
  act(() => dialog().findContent().findInput()!.setInputValue("2"));
  await press();
  expect(made(heard, "RunInstances")).toEqual([
    { LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "$Default" }, MinCount: 2, MaxCount: 2, ClientToken: expect.any(String) },
  ]);
});

test("a template of an instance is filled in with what it was launched with", async () => {
  const interfaces = [{ DeviceIndex: 0, PrivateIpAddress: "10.0.0.5", Groups: ["sg-1"] }];
  const heard = cloud({ GetLaunchTemplateData: { LaunchTemplateData: { ImageId: "ami-1", NetworkInterfaces: interfaces } } });
  await show(<CreateTemplateFromInstance region={REGION} items={[rowOf("i-1")]} close={close} />);
  expect(said()).toContain("Filled in with what i-1 was launched with");
  act(() => dialog().findContent().findInput()!.setInputValue("copied"));
  await press();
  expect(made(heard, "CreateLaunchTemplate")).toEqual([
    {
      LaunchTemplateName: "copied",
      LaunchTemplateData: { ImageId: "ami-1", NetworkInterfaces: [{ DeviceIndex: 0, Groups: ["sg-1"] }] },
    },
  ]);
});
