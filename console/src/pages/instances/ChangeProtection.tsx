/** Change stop or termination protection: says what each refuses, and what it does not. */
import FormField from "@cloudscape-design/components/form-field";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState, type ReactNode } from "react";
import { call } from "../../api/call";
import { asCli } from "../../api/cli";
import { useListing } from "../../api/listing";
import { label, type Chosen } from "../../resource/resource";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { protectionsOf, type Protections, type Row } from "./model";

interface Properties {
  region: string;
  items: Chosen<Row>;
  of: keyof Protections;
  close: () => void;
}

export function ChangeProtection({ region, items: [row], of, close }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const [wanted, setWanted] = useState<boolean>();
  const checked = wanted ?? protections?.[of] ?? false;
  const value = { Value: checked };
  const parameters = { InstanceId: row.id, ...(of === "stop" ? { DisableApiStop: value } : { DisableApiTermination: value }) };
  const flag = of === "stop" ? "disable-api-stop" : "disable-api-termination";
  const command = `${asCli("ModifyInstanceAttribute", { InstanceId: row.id }, region)} --${checked ? "" : "no-"}${flag}`;
  const act = async (): Promise<void> => {
    await call(region, "ModifyInstanceAttribute", parameters);
    const what = text(`protection.${of}`);
    const now = text(checked ? "enabled" : "disabled");
    say({ type: "success", content: text("protection.changed", { what, id: row.id, value: now }) });
  };
  return (
    <Dialog
      title={text(of === "stop" ? "action.changeStopProtection" : "action.changeTerminationProtection")}
      go={text("save")}
      hindered={protections === undefined ? text("loading") : null}
      commands={[command]}
      act={act}
      close={close}
    >
      <FormField label={label(row.id, row.name)} description={text(`protection.${of}Help`)}>
        <Toggle checked={checked} onChange={({ detail }) => setWanted(detail.checked)}>
          {text(`protection.${of}`)}
        </Toggle>
      </FormField>
    </Dialog>
  );
}
