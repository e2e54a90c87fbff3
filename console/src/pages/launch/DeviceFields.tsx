/** One volume of a launch, in a row that may be narrow. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { Snapshot } from "../../api/types";
import { label, nameTag } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { EncryptionFields } from "../volumes/EncryptionFields";
import { limitsOf, TYPE_TEXTS, type VolumeTypeName } from "../volumes/volumeTypes";
import { ofType, typesOf, type Device } from "./devices";
import { wrongDevice } from "./hindrances";

interface Properties {
  device: Device;
  number: number;
  snapshots: readonly Snapshot[];
  change: (device: Device) => void;
  leaveOut: () => void;
}

export function DeviceFields({ device, number, snapshots, change, leaveOut }: Properties): ReactNode {
  const text = useText();
  const edit = (part: Partial<Device>): void => change({ ...device, ...part });
  const title = text(device.isRoot ? "launch.rootVolume" : device.ofImage ? "launch.imageVolume" : "launch.addedVolume", { number });
  const typeOption = (value: VolumeTypeName) => ({ value, label: value, description: text(TYPE_TEXTS[value]) });
  const noSnapshot = { value: "", label: text("launch.snapshotNone") };
  const snapshotOptions = [
    noSnapshot,
    ...snapshots.map(({ SnapshotId = "", Tags, VolumeSize = 1, Description = "" }) => ({
      value: SnapshotId,
      label: label(SnapshotId, nameTag(Tags)),
      description: `${VolumeSize} GiB ${Description}`,
    })),
  ];
  const chooseSnapshot = (snapshotId: string): void => {
    const { VolumeSize: least = 1, Encrypted: isSealed = false } = snapshots.find((one) => one.SnapshotId === snapshotId) ?? {};
    edit({ snapshotId, least, isSealed, size: String(Math.max(Number(device.size) || 0, least)) });
  };
  const { iops, throughput } = limitsOf(device.type) ?? {};
  return (
    <section aria-label={title}>
      <SpaceBetween size="s">
        <SpaceBetween direction="horizontal" size="m" alignItems="center">
          <Box variant="h3">{title}</Box>
          {!device.isRoot && (
            <Button variant="inline-link" ariaLabel={`${text(device.isLeftOut ? "launch.restore" : "remove")}: ${title}`} onClick={leaveOut}>
              {text(device.isLeftOut ? "launch.restore" : "remove")}
            </Button>
          )}
        </SpaceBetween>
        {device.isLeftOut ? (
          <Box color="text-body-secondary">{text("launch.leftOut", { device: device.name })}</Box>
        ) : (
          <>
            <ColumnLayout columns={3} minColumnWidth={150}>
              <FormField label={text("volume.device")}>
                {device.ofImage ? (
                  <Box>{device.name}</Box>
                ) : (
                  <Input value={device.name} onChange={({ detail }) => edit({ name: detail.value })} />
                )}
              </FormField>
              <FormField label={text("launch.snapshot")}>
                {device.ofImage ? (
                  <Box>{device.snapshotId || "–"}</Box>
                ) : (
                  <Select
                    selectedOption={snapshotOptions.find(({ value }) => value === device.snapshotId) ?? null}
                    options={snapshotOptions}
                    filteringType="auto"
                    filteringAriaLabel={text("launch.snapshot")}
                    noMatch={text("table.noMatch")}
                    onChange={({ detail }) => chooseSnapshot(detail.selectedOption.value ?? "")}
                  />
                )}
              </FormField>
              <FormField label={text("volume.sizeGib")}>
                <Input type="number" inputMode="numeric" value={device.size} onChange={({ detail }) => edit({ size: detail.value })} />
              </FormField>
              <FormField label={text("volume.type")}>
                <Select
                  selectedOption={{ value: device.type, label: device.type }}
                  options={typesOf(device).map(typeOption)}
                  onChange={({ detail }) => edit(ofType(detail.selectedOption.value ?? device.type))}
                />
              </FormField>
              {iops !== undefined && (
                <FormField label="IOPS">
                  <Input type="number" inputMode="numeric" value={device.iops} onChange={({ detail }) => edit({ iops: detail.value })} />
                </FormField>
              )}
              {throughput !== undefined && (
                <FormField label={text("volume.throughputMib")}>
                  <Input type="number" inputMode="numeric" value={device.throughput} onChange={({ detail }) => edit({ throughput: detail.value })} />
                </FormField>
              )}
            </ColumnLayout>
            <FormField errorText={wrongDevice(text, device) ?? ""}>
              <Checkbox checked={device.deleteOnTermination} onChange={({ detail }) => edit({ deleteOnTermination: detail.checked })}>
                {text("volume.deleteOnTermination")}
              </Checkbox>
            </FormField>
            <EncryptionFields value={device.encryption} onChange={(encryption) => edit({ encryption })} always={device.isSealed} />
          </>
        )}
      </SpaceBetween>
    </section>
  );
}
