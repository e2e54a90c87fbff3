/** Create image, with the answer: whether it reboots the instance, what stop protection has to do with it. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import type { Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText, type Text } from "../../texts/texts";
import { bootsOf, protectionsOf, type Row } from "./model";
import { downtimes } from "./timelineModel";

const NAME = /^[\w ()[\]./\-'@]{3,128}$/;

interface Properties {
  region: string;
  items: Chosen<Row>;
  close: () => void;
}

export function CreateImage({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [reboot, setReboot] = useState(true);
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const parameters = {
    InstanceId: row.id,
    Name: name,
    ...(description !== "" && { Description: description }),
    NoReboot: !reboot,
  };
  const isNamed = NAME.test(name);
  const act = async (): Promise<void> => {
    const { ImageId } = await call(region, "CreateImage", parameters);
    say({ type: "success", content: text("createImage.done", { image: ImageId ?? "" }) });
  };
  return (
    <Dialog
      title={text("action.createImage")}
      go={text("action.createImage")}
      hindered={isNamed ? null : text("createImage.nameHelp")}
      commands={[asCli("CreateImage", parameters, region)]}
      act={act}
      close={close}
      size="large"
    >
      <KeyValuePairs
        columns={3}
        items={[
          { label: text("instance.id"), value: row.name === "" ? row.id : `${row.id} (${row.name})` },
          {
            label: text("protection.stop"),
            value: protections === undefined ? text("loading") : text(protections.stop ? "enabled" : "disabled"),
          },
          { label: text("createImage.volumes"), value: <Volumes row={row} /> },
        ]}
      />
      <FormField
        label={text("createImage.name")}
        constraintText={text("createImage.nameHelp")}
        errorText={name !== "" && !isNamed ? text("createImage.nameWrong") : ""}
        stretch
      >
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField
        label={
          <span>
            {text("createImage.description")} <i>- {text("createImage.optional")}</i>
          </span>
        }
        stretch
      >
        <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
      <Checkbox
        checked={reboot}
        description={text("createImage.rebootHelp")}
        onChange={({ detail }) => setReboot(detail.checked)}
      >
        {text("createImage.reboot")}
      </Checkbox>
      {protections && <TheAnswer region={region} row={row} reboot={reboot} isProtected={protections.stop} />}
    </Dialog>
  );
}

interface Asked {
  region: string;
  row: Row;
  reboot: boolean;
  isProtected: boolean;
}

/** What CreateImage will do to this very instance. */
export function TheAnswer({ region, row, reboot, isProtected }: Asked): ReactNode {
  const text = useText();
  const { value: boots } = useListing(useMemo(() => bootsOf(region, row.id), [region, row.id]));
  if (row.state === "stopped") return <Alert type="success" header={text("createImage.stopped")} />;
  if (!reboot) {
    return (
      <Alert type="info" {...(isProtected && { header: text("createImage.protectedNotRebooted") })}>
        {text("createImage.noReboot")}
      </Alert>
    );
  }
  const last = downtimes(boots ?? []).findLast((down) => down.action === "CreateImage");
  return (
    <Alert
      type={isProtected ? "warning" : "info"}
      header={text(isProtected ? "createImage.protectedAndRebooted" : "createImage.rebooted")}
    >
      <SpaceBetween size="xs">
        <div>{text(isProtected ? "createImage.protectedAndRebootedWhy" : "createImage.rebootedWhy")}</div>
        <div>{last === undefined ? text("createImage.noLastReboot") : lastReboot(text, last)}</div>
      </SpaceBetween>
    </Alert>
  );
}

function lastReboot(text: Text, last: ReturnType<typeof downtimes>[number]): string {
  return text("createImage.lastReboot", {
    whole: last.whole.toFixed(1),
    shutdown: last.shutdown.toFixed(1),
    cut: last.cut === null ? text("unknown") : `${Math.round(last.cut * 1000)} ms`,
    boot: last.boot.toFixed(1),
  });
}

function Volumes({ row }: { row: Row }): ReactNode {
  return (row.instance.BlockDeviceMappings ?? []).map((device) => (
    <div key={device.DeviceName}>
      {device.DeviceName} ({device.Ebs?.VolumeId})
    </div>
  ));
}
