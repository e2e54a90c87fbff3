/** Say whether public names of a side resolve to private addresses on the other; each side is changed in its own region. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import { useState, type ReactNode } from "react";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { resolves, rowLabel, type PeeringRow } from "./model";

export function EditDns({ region, items: [row], close }: { region: string; items: Chosen<PeeringRow>; close: () => void }): ReactNode {
  const text = useText();
  const { requester, accepter } = row;
  const [requesterTo, setRequester] = useState<boolean>(); // where the reader chose: what others change meanwhile stays
  const [accepterTo, setAccepter] = useState<boolean>();
  const [ofRequester, ofAccepter] = [requesterTo ?? resolves(requester), accepterTo ?? resolves(accepter)];
  const isChanged = { requester: ofRequester !== resolves(requester), accepter: ofAccepter !== resolves(accepter) };
  const vpcs = { requester: requester.VpcId ?? "", accepter: accepter.VpcId ?? "" };
  const elsewhere = [requester, accepter].find(({ Region }) => Region !== region);
  return (
    <CallDialog
      region={region}
      title={text("action.editPeeringDns")}
      go={text("saveChanges")}
      action="ModifyVpcPeeringConnectionOptions"
      parameters={{
        VpcPeeringConnectionId: row.id,
        ...(isChanged.requester && { RequesterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: ofRequester } }),
        ...(isChanged.accepter && { AccepterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: ofAccepter } }),
      }}
      hindered={isChanged.requester || isChanged.accepter ? null : text("nothing.changed")}
      state={row.state}
      done={() => text("peering.dnsDone", { peering: rowLabel(row) })}
      close={close}
    >
      <FormField label={text("peering.requesterDns")}>
        <Checkbox checked={ofRequester} disabled={requester.Region !== region} onChange={({ detail }) => setRequester(detail.checked)}>
          {text("peering.requesterDnsAllow", vpcs)}
        </Checkbox>
      </FormField>
      <FormField label={text("peering.accepterDns")}>
        <Checkbox checked={ofAccepter} disabled={accepter.Region !== region} onChange={({ detail }) => setAccepter(detail.checked)}>
          {text("peering.accepterDnsAllow", vpcs)}
        </Checkbox>
      </FormField>
      {elsewhere && <Alert type="info">{text("peering.dnsElsewhere", { vpc: elsewhere.VpcId ?? "", region: elsewhere.Region ?? "" })}</Alert>}
      <Alert type="info">{text("peering.dnsHelp")}</Alert>
    </CallDialog>
  );
}
