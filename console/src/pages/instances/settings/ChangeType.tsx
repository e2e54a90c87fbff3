/** Change instance type: what its guest will have from its next start on, and whether the host has room for that. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../../api/listing";
import type { InstanceTypeInfo } from "../../../api/types";
import { useRefusal } from "../../../resource/refusal";
import type { ActionDialog } from "../../../resource/resource";
import { useText } from "../../../texts/texts";
import type { Row } from "../model";
import { SettingDialog, stoppedOnly } from "./SettingDialog";
import { family, sizeText, typesOf } from "./types";

export const ChangeType: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  const { value: types } = useListing(useMemo(() => typesOf(region), [region]));
  const now = row.instance.InstanceType ?? "";
  const [wanted, setWanted] = useState(now);
  const typeOf = (name: string): InstanceTypeInfo | undefined => types?.find((type) => type.InstanceType === name);
  const options = Object.entries(Object.groupBy(types ?? [], family)).map(([label, these = []]) => ({
    label,
    options: these.map((type) => ({
      value: type.InstanceType!,
      label: type.InstanceType!,
      description: sizeText(type),
      labelTag: type.InstanceType === now ? text("settings.current") : "",
    })),
  }));
  return (
    <SettingDialog
      region={region}
      row={row}
      title="action.changeType"
      action="ModifyInstanceAttribute"
      parameters={wanted === now ? undefined : { InstanceId: row.id, InstanceType: { Value: wanted } }}
      hindered={stoppedOnly(row, text)}
      close={close}
    >
      <FormField label={text("type.now")}>
        {now} <Box color="text-body-secondary" variant="span">({sizeText(typeOf(now))})</Box>
      </FormField>
      <FormField label={text("type.new")} stretch>
        <Select
          selectedOption={{ value: wanted, label: wanted, description: sizeText(typeOf(wanted)) }}
          options={options}
          filteringType="auto"
          expandToViewport
          triggerVariant="option"
          statusType={types === undefined ? "loading" : "finished"}
          loadingText={text("loading")}
          ariaLabel={text("type.new")}
          onChange={({ detail }) => setWanted(detail.selectedOption.value ?? now)}
        />
      </FormField>
      {wanted !== now && <WhatChanges region={region} row={row} before={typeOf(now)} after={typeOf(wanted)} />}
    </SettingDialog>
  );
};

interface Change {
  region: string;
  row: Row;
  before: InstanceTypeInfo | undefined;
  after: InstanceTypeInfo | undefined;
}

/** What its guest will notice, and whether it could be started now: a launch of that type would be refused likewise. */
function WhatChanges({ region, row, before, after }: Change): ReactNode {
  const text = useText();
  const wanted = after?.InstanceType;
  const asked = { ImageId: row.instance.ImageId, InstanceType: wanted, MinCount: 1, MaxCount: 1 };
  const room = useRefusal(region, "RunInstances", wanted === undefined ? undefined : asked);
  const nvme = (type: InstanceTypeInfo | undefined): boolean => type?.EbsInfo?.NvmeSupport === "required";
  const notes = [
    text("type.will", { before: sizeText(before), after: sizeText(after) }),
    ...(nvme(before) !== nvme(after) ? [text(nvme(after) ? "type.toNvme" : "type.fromNvme")] : []),
    ...(before?.BurstablePerformanceSupported && !after?.BurstablePerformanceSupported ? [text("type.noCredits")] : []),
    text("type.cpuOptions"),
  ];
  return (
    <>
      <Alert type="info">
        {notes.map((note) => (
          <div key={note}>{note}</div>
        ))}
      </Alert>
      {room?.code === "InsufficientInstanceCapacity" && (
        <Alert type="warning" header={text("type.noRoom")}>
          {room.message} ({room.code})
        </Alert>
      )}
    </>
  );
}
