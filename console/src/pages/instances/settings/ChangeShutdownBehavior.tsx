/** Change shutdown behavior: what becomes of the instance when its guest powers itself off. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState } from "react";
import { asCli } from "../../../api/cli";
import { useListing } from "../../../api/listing";
import type { ActionDialog } from "../../../resource/resource";
import { useText } from "../../../texts/texts";
import { protectionsOf, shutdownBehaviorOf, volumesOf, type Row } from "../model";
import { SettingDialog } from "./SettingDialog";

const BEHAVIORS = [
  { value: "stop", label: "shutdown.stop", description: "shutdown.stopHelp" },
  { value: "terminate", label: "shutdown.terminate", description: "shutdown.terminateHelp" },
] as const;

export const ChangeShutdownBehavior: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  const { value: now } = useListing(useMemo(() => shutdownBehaviorOf(region, row.id), [region, row.id]));
  const { value: protections } = useListing(useMemo(() => protectionsOf(region, row.id), [region, row.id]));
  const [chosen, setChosen] = useState<string>();
  const wanted = chosen ?? now ?? "";
  const { gone, kept } = volumesOf(row.instance);
  const none = text("state.will.terminateNone");
  const protectedBy = [
    ...(protections?.termination ? [text("protection.termination")] : []),
    ...(protections?.stop ? [text("protection.stop")] : []),
  ];
  const change = { InstanceId: row.id, InstanceInitiatedShutdownBehavior: { Value: wanted } };
  return (
    <SettingDialog
      region={region}
      row={row}
      title="action.changeShutdownBehavior"
      action="ModifyInstanceAttribute"
      parameters={now === undefined || wanted === now ? undefined : change}
      command={asCli("ModifyInstanceAttribute", { ...change, InstanceInitiatedShutdownBehavior: wanted }, region)}
      close={close}
    >
      <FormField label={text("instance.shutdownBehavior")} description={text("shutdown.what")}>
        <RadioGroup
          value={wanted}
          onChange={({ detail }) => setChosen(detail.value)}
          items={BEHAVIORS.map((one) => ({ value: one.value, label: text(one.label), description: text(one.description) }))}
        />
      </FormField>
      {wanted === "terminate" && (
        <Alert type="warning" header={text("shutdown.terminates")}>
          <div>{text("shutdown.lost", { gone: gone.join(", ") || none, kept: kept.join(", ") || none })}</div>
          <div>{text("shutdown.protection")}</div>
        </Alert>
      )}
      {wanted === "stop" && protectedBy.length > 0 && (
        <Alert type="info">{text("shutdown.protected", { protections: protectedBy.join(", ") })}</Alert>
      )}
    </SettingDialog>
  );
};
