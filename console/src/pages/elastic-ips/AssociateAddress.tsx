/** Associate an Elastic IP address with an instance or a network interface: says from what it is taken, and what it displaces. */
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField } from "../../resource/fields";
import { useText } from "../../texts/texts";
import { networkInterfacesOf, rowLabel as interfaceLabel } from "../network-interfaces/model";
import { addressesOf, isServices, rowLabel, stateOf, whereTo, type AddressRow } from "./model";
import { Displaced } from "./Displaced";
import { privateAddresses, targetsOf, type Kind } from "./targets";

interface Properties {
  region: string;
  /** The address, or what it is to lead to, that is given; the other one is chosen. */
  address?: AddressRow;
  to?: { kind: Kind; id: string };
  /** Chooses what it is to lead to, where that is one of several that are given. */
  choice?: ReactNode;
  close: () => void;
}

export function AssociateAddress({ region, address: given, to, choice, close }: Properties): ReactNode {
  const text = useText();
  const { value: all } = useListing(useMemo(() => addressesOf(region), [region]));
  const { value: interfaces } = useListing(useMemo(() => networkInterfacesOf(region), [region]));
  const [addressId, setAddress] = useState(given?.id ?? "");
  const [kind, setKind] = useState<Kind>(to?.kind ?? "instance");
  const [targetId, setTarget] = useState(to?.id ?? "");
  const [chosenIp, setPrivateIp] = useState("");
  const [mayMove, setMayMove] = useState(false);
  const addresses = (all ?? []).filter((row) => !isServices(row));
  const address = all?.find(({ id }) => id === addressId);
  const targets = targetsOf(interfaces ?? [], kind);
  const target = targets.find(({ id }) => id === targetId);
  const PrivateIpAddress = chosenIp || (target?.row.eni.PrivateIpAddress ?? "");
  const missing =
    address === undefined
      ? text("associateEip.chooseAddress")
      : target === undefined
        ? text(kind === "instance" ? "attach.chooseInstance" : "associateEip.chooseInterface")
        : null;
  const parameters = {
    AllocationId: addressId,
    ...(kind === "instance" ? { InstanceId: targetId } : { NetworkInterfaceId: targetId }),
    PrivateIpAddress,
    AllowReassociation: mayMove,
  };
  return (
    <CallDialog
      region={region}
      title={text("action.associateElastic")}
      go={text("associateEip.go")}
      action="AssociateAddress"
      parameters={parameters}
      hindered={missing}
      state={(address && stateOf(address)) + JSON.stringify(target?.row.eni.PrivateIpAddresses)}
      done={() => text("associateEip.done", { elastic: address?.address.PublicIp ?? "", address: PrivateIpAddress, of: target?.label ?? "" })}
      close={close}
    >
      {given ? (
        <FormField label={text("eip.address")}>{rowLabel(given)}</FormField>
      ) : (
        <ChoiceField
          label="elasticIp"
          value={addressId}
          empty={text(all === undefined ? "loading" : addresses.length === 0 ? "associateEip.noAddress" : "associateEip.chooseAddress")}
          options={addresses.map((row) => ({ value: row.id, label: rowLabel(row), description: whereTo(row).of }))}
          onChange={setAddress}
          filtered
        />
      )}
      {to === undefined && (
        <FormField label={text("associateEip.kind")}>
          <RadioGroup
            value={kind}
            items={[
              { value: "instance", label: text("attach.instance") },
              { value: "interface", label: text("associateEip.interface") },
            ]}
            onChange={({ detail }) => {
              setKind(detail.value as Kind);
              setTarget("");
              setPrivateIp("");
            }}
          />
        </FormField>
      )}
      {to === undefined ? (
        <ChoiceField
          label={kind === "instance" ? "attach.instance" : "associateEip.interface"}
          value={targetId}
          empty={text(interfaces === undefined ? "loading" : kind === "instance" ? "attach.chooseInstance" : "associateEip.chooseInterface")}
          options={targets.map(({ id, label, row }) => ({ value: id, label, description: row.eni.PrivateIpAddress }))}
          onChange={(id) => {
            setTarget(id);
            setPrivateIp("");
          }}
          filtered
        />
      ) : (
        (choice ?? <FormField label={text(kind === "instance" ? "instance.id" : "eni.id")}>{target?.label ?? to.id}</FormField>)
      )}
      {target && (
        <ChoiceField
          label="eip.privateIp"
          value={PrivateIpAddress}
          description={text("associateEip.privateHelp", { interface: interfaceLabel(target.row) })}
          options={privateAddresses(target.row.eni).map(({ address: value, leading }) => ({ value, label: value, description: leading ?? "" }))}
          onChange={setPrivateIp}
        />
      )}
      <Checkbox checked={mayMove} description={text("associateEip.reassociateHelp")} onChange={({ detail }) => setMayMove(detail.checked)}>
        {text("associateEip.reassociate")}
      </Checkbox>
      {address && target && <Displaced address={address} target={target} privateIp={PrivateIpAddress} />}
    </CallDialog>
  );
}
