import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import type { Hibernation } from "../../api/types";
import type { Action } from "../../resource/resource";
import { bootOf, eventually, hibernationOf, rowOf, second, serve, settle, show } from "../../testing";
import { textsOf } from "../../texts/texts";
import { HibernationField } from "../launch/HibernationField";
import { ChangeState } from "./ChangeState";
import { CreateImageAnswer } from "./CreateImageAnswer";
import { HibernatedWarning } from "./HibernatedWarning";
import { Hibernations } from "./Hibernations";
import instances from "./instances";
import type { Row } from "./model";

const FREE = { status: 412, body: { code: "DryRunOperation", message: "" } };
const close = (): void => undefined;
const dialog = () => createWrapper().findModal()!;
const told = (): string => dialog().getElement().textContent;

/** A cloud whose instances were hibernated so, and that does everything. */
const cloud = (...hibernations: Hibernation[]) =>
  serve(({ path, parameters = {} }) => {
    if (path !== undefined) return { body: { boots: [bootOf(1, 0)], moves: [], hibernations } };
    return parameters.DryRun === true ? FREE : { body: {} };
  });

const configured = (id: string, state: string) =>
  rowOf(id, { state, instance: { InstanceId: id, HibernationOptions: { Configured: true } } });

test("what is hibernated is stopped with its memory, by the command that is shown", async () => {
  const heard = cloud(hibernationOf({ resumed_at: second(20) }));
  await show(<ChangeState region="us-east-1" items={[configured("i-sleepy", "running")]} change="hibernate" close={close} />);
  await eventually(() => told().includes("Its last hibernation took 3.0 s until its memory was saved."));
  expect(told()).toContain("its memory is kept on this host's disk, encrypted");
  expect(told()).toContain("stop-instances --region us-east-1 --instance-ids i-sleepy --hibernate");
  act(() => dialog().findFooter()!.findAllButtons()[1]!.click());
  await settle();
  const asked = heard.filter(({ action, parameters }) => action === "StopInstances" && parameters?.DryRun !== true);
  expect(asked.map(({ parameters }) => parameters)).toEqual([{ InstanceIds: ["i-sleepy"], Hibernate: true }]);
});

test("a start has a hibernated guest go on, and a termination takes its memory", async () => {
  cloud(hibernationOf({}));
  await show(<ChangeState region="us-east-1" items={[configured("i-asleep", "stopped")]} change="start" close={close} />);
  await eventually(() => told().includes("its guest goes on where it stood"));
  expect(told()).not.toContain("It boots from its volumes");
});

test("a termination of a hibernated guest says that its memory goes", async () => {
  cloud(hibernationOf({}));
  await show(<ChangeState region="us-east-1" items={[configured("i-ends", "stopped")]} change="terminate" close={close} />);
  await eventually(() => told().includes("what is kept of its memory goes with it"));
});

test("only a running instance that was launched for it can be hibernated", () => {
  const text = textsOf("en");
  const action = instances.menus[0]!.items.find((item) => item.id === "hibernate") as Action<Row>;
  expect(action.hindered!([configured("i-1", "running")], text)).toBeNull();
  expect(action.hindered!([configured("i-1", "stopped")], text)).toBe(text("hibernation.only"));
  expect(action.hindered!([rowOf("i-1")], text)).toBe(text("hibernation.only"));
});

test("of a hibernated instance an image is crash-consistent, and what makes its memory useless says so", async () => {
  cloud(hibernationOf({}));
  const text = await show(
    <>
      <CreateImageAnswer region="us-east-1" row={configured("i-image", "stopped")} reboot isProtected={false} />
      <HibernatedWarning region="us-east-1" id="i-image" />
    </>,
  );
  expect(text()).toContain("the image is crash-consistent");
  expect(text()).toContain("i-image is hibernated: its memory is given up by this");
});

test("every hibernation says how it came out", async () => {
  const all = [
    hibernationOf({ resumed_at: second(20) }),
    hibernationOf({ asked_at: second(30), suspended_at: null, size_bytes: null, ended_at: second(31), because: "No room." }),
    hibernationOf({ asked_at: second(40), ended_at: second(41), because: "A volume was detached." }),
    hibernationOf({ asked_at: second(50), suspended_at: null }),
    hibernationOf({ asked_at: second(60) }),
  ];
  const text = (await show(<Hibernations hibernations={all} />))();
  expect(text).toMatch(
    /Hibernated.*Under way.*Its memory was given up\. A volume was detached\..*Shut down instead\. No room\..*200 MiB.*It went on in the same boot/,
  );
});

test("an instance type that cannot be hibernated says so in the launch wizard, but for an image with fast launch", async () => {
  const fast = { FastLaunchImages: [{ State: "enabled" }] };
  serve(({ parameters = {} }) => ({ body: String(parameters.ImageIds) === "ami-fast" ? fast : { machines: [] } }));
  const type = { InstanceType: "t3.micro" as const, HibernationSupported: false };
  const field = (imageId: string) => <HibernationField value={false} onChange={close} region="us-east-1" imageId={imageId} type={type} />;
  expect((await show(field("ami-slow")))()).toContain("t3.micro has NVMe disks, whose state QEMU cannot save");
  const text = await show(<div id="fast">{field("ami-fast")}</div>);
  expect(text()).toContain("at the launch only");
  expect(document.querySelector("#fast")!.textContent).not.toContain("NVMe");
});
