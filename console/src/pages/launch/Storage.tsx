/** Configure storage: the volumes that the image brings, and those that the launch adds. */
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { useText } from "../../texts/texts";
import { snapshotsOf } from "../snapshots/model";
import { DeviceFields } from "./DeviceFields";
import { addedDevice, type Device } from "./devices";
import { Section, type Editing } from "./Section";

export function Storage({ region, form, change, image }: Editing & { image: Image | undefined }): ReactNode {
  const text = useText();
  const { value: rows = [] } = useListing(useMemo(() => snapshotsOf(region), [region]));
  const snapshots = rows.filter(({ state }) => state === "completed").map(({ snapshot }) => snapshot);
  const { devices } = form;
  const put = (at: number, device: Device): void => change({ devices: devices.with(at, device) });
  const leaveOut = (at: number): void => {
    const device = devices[at]!;
    // What the image brings must be named to be left out, and can be had back.
    if (device.ofImage) put(at, { ...device, isLeftOut: !device.isLeftOut });
    else change({ devices: devices.toSpliced(at, 1) });
  };
  return (
    <Section
      title="launch.storage"
      help="launch.storageHelp"
      actions={
        <Button
          iconName="add-plus"
          disabled={image === undefined}
          {...(image === undefined && { disabledReason: text("launch.imageMissing") })}
          onClick={() => change({ devices: [...devices, addedDevice(devices)] })}
        >
          {text("launch.addVolume")}
        </Button>
      }
    >
      <SpaceBetween size="l">
        {devices.map((device, at) => (
          <DeviceFields
            key={at}
            device={device}
            number={at + 1}
            snapshots={snapshots}
            change={(changed) => put(at, changed)}
            leaveOut={() => leaveOut(at)}
          />
        ))}
      </SpaceBetween>
    </Section>
  );
}
