/** Manage auto-enabled I/O: a setting that EC2 has, and that has no effect here. */
import FormField from "@cloudscape-design/components/form-field";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing, type Listing } from "../../api/listing";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import type { VolumeRow } from "./model";

/** Whether a volume is used on when its data may be inconsistent. */
export function autoEnableIoOf(region: string, id: string): Listing<boolean> {
  return {
    key: `${region}/volumes/${id}/auto-enable-io`,
    tables: ["volumes"],
    read: async () => {
      const { AutoEnableIO } = await call(region, "DescribeVolumeAttribute", { VolumeId: id, Attribute: "autoEnableIO" });
      return AutoEnableIO?.Value ?? false;
    },
  };
}

interface Properties {
  region: string;
  items: Chosen<VolumeRow>;
  close: () => void;
}

export function AutoEnableIo({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: now } = useListing(useMemo(() => autoEnableIoOf(region, row.id), [region, row.id]));
  const [wanted, setWanted] = useState<boolean>();
  const checked = wanted ?? now ?? false;
  const act = async (): Promise<void> => {
    await call(region, "ModifyVolumeAttribute", { VolumeId: row.id, AutoEnableIO: { Value: checked } });
    const value = text(checked ? "enabled" : "disabled");
    say({ type: "success", content: text("protection.changed", { what: text("volume.autoEnableIo"), id: row.id, value }) });
  };
  return (
    <Dialog
      title={text("action.autoEnableIo")}
      go={text("save")}
      hindered={now === undefined ? text("loading") : checked === now ? text("nothing.changed") : null}
      commands={[asCli("ModifyVolumeAttribute", { VolumeId: row.id, AutoEnableIO: checked }, region)]}
      act={act}
      close={close}
    >
      <FormField label={label(row.id, row.name)} description={text("volume.autoEnableIoHelp")}>
        <Toggle checked={checked} onChange={({ detail }) => setWanted(detail.checked)}>
          {text("volume.autoEnableIo")}
        </Toggle>
      </FormField>
    </Dialog>
  );
}
