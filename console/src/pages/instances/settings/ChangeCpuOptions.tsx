/** Modify CPU options of a stopped instance: how many of its type's processors its guest has. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../../api/listing";
import type { ActionDialog } from "../../../resource/resource";
import { useText, type TextKey } from "../../../texts/texts";
import type { Row } from "../model";
import { SettingDialog, stoppedOnly } from "./SettingDialog";
import { typesOf } from "./types";

export const ChangeCpuOptions: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  const { value: types } = useListing(useMemo(() => typesOf(region), [region]));
  const { CoreCount: coresNow = 1, ThreadsPerCore: threadsNow = 1 } = row.instance.CpuOptions ?? {};
  const [cores, setCores] = useState(coresNow);
  const [threads, setThreads] = useState(threadsNow);
  const type = types?.find((one) => one.InstanceType === row.instance.InstanceType)?.VCpuInfo;
  const isChanged = cores !== coresNow || threads !== threadsNow;
  return (
    <SettingDialog
      region={region}
      row={row}
      title="action.changeCpuOptions"
      action="ModifyInstanceCpuOptions"
      parameters={isChanged ? { InstanceId: row.id, CoreCount: cores, ThreadsPerCore: threads } : undefined}
      hindered={stoppedOnly(row, text)}
      close={close}
    >
      <UpTo label="cpu.cores" most={type?.DefaultCores} value={cores} set={setCores} />
      <UpTo label="cpu.threads" most={type?.DefaultThreadsPerCore} value={threads} set={setThreads} />
      <Alert type="info">{text("cpu.will", { before: coresNow * threadsNow, after: cores * threads })}</Alert>
    </SettingDialog>
  );
};

interface Number {
  label: TextKey;
  most: number | undefined;
  value: number;
  set: (value: number) => void;
}

function UpTo({ label, most = 1, value, set }: Number): ReactNode {
  const text = useText();
  const options = Array.from({ length: Math.max(most, value) }, (_, index) => ({ value: String(index + 1), label: String(index + 1) }));
  return (
    <FormField label={text(label)}>
      <Select
        selectedOption={options[value - 1]!}
        options={options}
        ariaLabel={text(label)}
        expandToViewport
        onChange={({ detail }) => set(parseInt(detail.selectedOption.value!, 10))}
      />
    </FormField>
  );
}
