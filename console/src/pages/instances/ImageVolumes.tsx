/** The volumes of a new image: which become snapshots, and what launches of it do with them. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import type { AddedDevice, DeviceChange, OwnDevice } from "./imageDevices";

const TYPES = ["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"].map((value) => ({ value }));
const NEW: AddedDevice = { device: "", size: "8", type: "gp3", deleted: true };

interface Properties {
  own: readonly OwnDevice[];
  changes: Readonly<Record<string, DeviceChange>>;
  onChange: (changes: Record<string, DeviceChange>) => void;
  added: readonly AddedDevice[];
  onAdd: (added: AddedDevice[]) => void;
}

export function ImageVolumes({ own, changes, onChange, added, onAdd }: Properties): ReactNode {
  const text = useText();
  const of = (device: OwnDevice): DeviceChange => changes[device.device] ?? {};
  const change = (device: OwnDevice, to: DeviceChange): void => onChange({ ...changes, [device.device]: { ...of(device), ...to } });
  return (
    <SpaceBetween size="m">
      <Table
        variant="embedded"
        header={
          <Header variant="h3" description={text("createImage.volumesHelp")}>
            {text("createImage.volumes")}
          </Header>
        }
        items={own}
        trackBy="device"
        wrapLines
        ariaLabels={{ tableLabel: text("createImage.volumes") }}
        columnDefinitions={[
          {
            id: "in",
            header: text("createImage.inImage"),
            minWidth: 170, // px: a device is read in one line
            isRowHeader: true,
            cell: (one) => (
              <Checkbox
                checked={of(one).left !== true}
                disabled={one.isRoot}
                ariaLabel={`${text("createImage.inImage")}: ${one.device}`}
                onChange={({ detail }) => change(one, { left: !detail.checked })}
              >
                {one.isRoot ? text("createImage.root", { device: one.device }) : one.device}
              </Checkbox>
            ),
          },
          { id: "volume", header: text("volume.id"), cell: (one) => one.volumeId, minWidth: 205 },
          { id: "size", header: text("volume.size"), cell: (one) => one.size ?? "–" },
          { id: "type", header: text("volume.type"), cell: (one) => one.type ?? "–" },
          {
            id: "deleted",
            header: text("volume.deleteOnTermination"),
            cell: (one) => (
              <Checkbox
                checked={of(one).deleted ?? one.deleted}
                disabled={of(one).left === true}
                ariaLabel={`${text("volume.deleteOnTermination")}: ${one.device}`}
                onChange={({ detail }) => change(one, { deleted: detail.checked })}
              />
            ),
          },
        ]}
      />
      <FormField label={text("createImage.added")} description={text("createImage.addedHelp")} stretch>
        <Added added={added} onAdd={onAdd} />
      </FormField>
    </SpaceBetween>
  );
}

function Added({ added, onAdd }: Pick<Properties, "added" | "onAdd">): ReactNode {
  const text = useText();
  const edit = (index: number, to: Partial<AddedDevice>): void => onAdd(added.with(index, { ...added[index]!, ...to }));
  return (
    <AttributeEditor
      items={added}
      definition={[
        {
          label: text("volume.device"),
          control: (one, index) => (
            <Input value={one.device} placeholder="/dev/sdf" onChange={({ detail }) => edit(index, { device: detail.value })} />
          ),
        },
        {
          label: text("volume.size"),
          control: (one, index) => (
            <Input value={one.size} type="number" onChange={({ detail }) => edit(index, { size: detail.value })} />
          ),
        },
        {
          label: text("volume.type"),
          control: (one, index) => (
            <Select
              options={TYPES}
              selectedOption={{ value: one.type }}
              onChange={({ detail }) => edit(index, { type: detail.selectedOption.value ?? NEW.type })}
            />
          ),
        },
        {
          label: text("volume.deleteOnTermination"),
          control: (one, index) => (
            <Checkbox checked={one.deleted} onChange={({ detail }) => edit(index, { deleted: detail.checked })} />
          ),
        },
      ]}
      addButtonText={text("createImage.addVolume")}
      removeButtonText={text("remove")}
      onAddButtonClick={() => onAdd([...added, NEW])}
      onRemoveButtonClick={({ detail }) => onAdd(added.filter((_, index) => index !== detail.itemIndex))}
    />
  );
}
