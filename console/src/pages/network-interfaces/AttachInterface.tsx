/** Attach a network interface to an instance of its zone and VPC: says when its guest sees it. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField, NumberField, whole } from "../../resource/fields";
import { label } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { HibernatedWarning } from "../instances/HibernatedWarning";
import { instancesOf, type Row } from "../instances/model";
import { inWords } from "./InterfaceChoice";
import { freeIndex, mayMeet } from "./attachable";
import { networkInterfacesOf, rowLabel, stateOf, type InterfaceRow } from "./model";

interface Properties {
  region: string;
  /** The network interface, or the instance, that is given; the other one is chosen. */
  row?: InterfaceRow;
  instance?: Row;
  close: () => void;
}

export function AttachInterface({ region, row: givenRow, instance: givenInstance, close }: Properties): ReactNode {
  const text = useText();
  const { value: rows } = useListing(useMemo(() => networkInterfacesOf(region), [region]));
  const { value: instances } = useListing(useMemo(() => instancesOf(region), [region]));
  const [rowId, setRow] = useState("");
  const [instanceId, setInstance] = useState("");
  const [typed, setIndex] = useState<string>();
  const freeRows = (rows ?? []).filter((one) => givenInstance !== undefined && mayMeet(one.eni, givenInstance.instance));
  const hosts = (instances ?? []).filter((one) => givenRow !== undefined && mayMeet(givenRow.eni, one.instance));
  const row = givenRow ?? freeRows.find(({ id }) => id === rowId);
  const instance = givenInstance ?? hosts.find(({ id }) => id === instanceId);
  const index = typed ?? (instance === undefined ? "" : String(freeIndex(instance.instance)));
  const DeviceIndex = whole(index);
  const missing =
    instance === undefined
      ? text("attach.chooseInstance")
      : row === undefined
        ? text("attachInterface.choose")
        : DeviceIndex === undefined
          ? text("attachInterface.indexWrong")
          : null;
  const isComplete = row !== undefined && instance !== undefined && DeviceIndex !== undefined;
  return (
    <CallDialog
      region={region}
      title={text("action.attachInterface")}
      go={text("action.attach")}
      action="AttachNetworkInterface"
      parameters={isComplete ? { NetworkInterfaceId: row.id, InstanceId: instance.id, DeviceIndex } : undefined}
      hindered={missing}
      state={(row && stateOf(row)) + (instance?.state ?? "")}
      done={() => text("attachInterface.done", { interface: row?.id ?? "", instance: instance?.id ?? "" })}
      close={close}
    >
      {givenRow ? (
        <FormField label={text("eni.id")}>{rowLabel(givenRow)}</FormField>
      ) : (
        <ChoiceField
          label="eni.id"
          value={rowId}
          description={text("attachInterface.help", placeOf(givenInstance))}
          empty={text(rows === undefined ? "loading" : freeRows.length === 0 ? "attachInterface.none" : "attachInterface.choose")}
          options={freeRows.map((one) => ({ value: one.id, label: rowLabel(one), description: inWords(text, one) }))}
          onChange={setRow}
          filtered
        />
      )}
      {givenInstance ? (
        <FormField label={text("instance.id")}>{label(givenInstance.id, givenInstance.name)}</FormField>
      ) : (
        <ChoiceField
          label="attach.instance"
          value={instanceId}
          description={text("attachInterface.instanceHelp", { zone: givenRow?.eni.AvailabilityZone ?? "", vpc: givenRow?.eni.VpcId ?? "" })}
          empty={text(instances === undefined ? "loading" : hosts.length === 0 ? "attachInterface.noInstance" : "attach.chooseInstance")}
          options={hosts.map(({ id, name, state }) => ({ value: id, label: label(id, name), description: state }))}
          onChange={(id) => {
            setInstance(id);
            setIndex(undefined);
          }}
          filtered
        />
      )}
      <NumberField label="interface.deviceIndex" value={index} constraint={text("attachInterface.indexHelp")} onChange={setIndex} />
      {instance?.state === "stopped" && <HibernatedWarning region={region} id={instance.id} />}
      {instance && (
        <Alert type="info" header={text(instance.state === "running" ? "attachInterface.willRunning" : "attachInterface.willStopped")}>
          {text("attachInterface.guest")}
        </Alert>
      )}
    </CallDialog>
  );
}

function placeOf(of: Row | undefined): { zone: string; vpc: string } {
  return { zone: of?.instance.Placement?.AvailabilityZone ?? "", vpc: of?.instance.VpcId ?? "" };
}
