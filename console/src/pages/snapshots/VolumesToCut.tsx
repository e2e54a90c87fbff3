/** Which volumes of an instance become snapshots: all of them, but for those that the reader leaves out. */
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { Asked } from "../../api/types";
import { label } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { isRoot, type VolumeRow } from "../volumes/model";

export interface Selection {
  root: boolean;
  /** The data volumes that are left out. */
  excluded: readonly string[];
  copiesTags: boolean;
}

export const everyVolume: Selection = { root: true, excluded: [], copiesTags: false };

export function specification(instanceId: string, { root, excluded }: Selection): Asked<"CreateSnapshots">["InstanceSpecification"] {
  return {
    InstanceId: instanceId,
    ...(!root && { ExcludeBootVolume: true }),
    ...(excluded.length > 0 && { ExcludeDataVolumeIds: [...excluded] }),
  };
}

interface Properties {
  of: readonly VolumeRow[];
  value: Selection;
  onChange: (value: Selection) => void;
}

export function VolumesToCut({ of, value, onChange }: Properties): ReactNode {
  const text = useText();
  const has = (row: VolumeRow): boolean => (isRoot(row) ? value.root : !value.excluded.includes(row.id));
  const turn = (row: VolumeRow, on: boolean): void => {
    if (isRoot(row)) onChange({ ...value, root: on });
    else onChange({ ...value, excluded: on ? value.excluded.filter((id) => id !== row.id) : [...value.excluded, row.id] });
  };
  return (
    <SpaceBetween size="m">
      <FormField label={text("createImage.volumes")}>
        {of.map((row) => (
          <Checkbox key={row.id} checked={has(row)} onChange={({ detail }) => turn(row, detail.checked)}>
            {label(row.id, row.name)}: {row.attachment?.Device}, {row.volume.Size} GiB
            {isRoot(row) && ` (${text("volume.root")})`}
          </Checkbox>
        ))}
      </FormField>
      <Checkbox checked={value.copiesTags} onChange={({ detail }) => onChange({ ...value, copiesTags: detail.checked })}>
        {text("createSnapshot.copyTags")}
      </Checkbox>
    </SpaceBetween>
  );
}
