/** Ask for a peering connection between two VPCs, of this account or another, of this region or another. */
import Alert from "@cloudscape-design/components/alert";
import Input from "@cloudscape-design/components/input";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { areAccounts } from "../../resource/Accounts";
import { CallDialog } from "../../resource/CallDialog";
import { ChoiceField } from "../../resource/fields";
import { NameField } from "../../resource/NameAndTags";
import { NO_TAGS, tagSpecifications } from "../../resource/tags";
import { TagsField } from "../../resource/TagsField";
import { regionsOf } from "../../shell/regions";
import { useText } from "../../texts/texts";
import { networksOf } from "../launch/choices";
import { VpcField } from "../networks/VpcField";
import { overlaps } from "./model";

export function CreatePeering({ region, close }: { region: string; close: () => void }): ReactNode {
  const text = useText();
  const [peerRegion, setPeerRegion] = useState(region);
  const { value: regions } = useListing(useMemo(() => regionsOf(region), [region]));
  const { value: here } = useListing(useMemo(() => networksOf(region), [region]));
  const { value: there } = useListing(useMemo(() => networksOf(peerRegion), [peerRegion]));
  const [vpc, setVpc] = useState("");
  const [isOurs, setOurs] = useState(true);
  const [account, setAccount] = useState("");
  const [peer, setPeer] = useState("");
  const [tags, setTags] = useState(NO_TAGS);
  const common = overlaps(
    here?.vpcs.find(({ VpcId }) => VpcId === vpc),
    isOurs ? there?.vpcs.find(({ VpcId }) => VpcId === peer) : undefined,
  );
  const missing =
    vpc === ""
      ? text("peering.chooseRequester")
      : !isOurs && !areAccounts([account])
        ? text("permissions.wrong")
        : peer === ""
          ? text("peering.chooseAccepter")
          : tags.valid
            ? null
            : text("tags.invalid");
  return (
    <CallDialog
      region={region}
      title={text("action.createPeering")}
      action="CreateVpcPeeringConnection"
      parameters={{
        VpcId: vpc,
        PeerVpcId: peer,
        ...(!isOurs && { PeerOwnerId: account }),
        ...(peerRegion !== region && { PeerRegion: peerRegion }),
        ...tagSpecifications("vpc-peering-connection", tags),
      }}
      hindered={missing}
      done={({ VpcPeeringConnection: made }) => text("peering.asked", { id: made?.VpcPeeringConnectionId ?? "", region: peerRegion })}
      close={close}
    >
      <NameField value={tags} onChange={setTags} />
      <VpcField region={region} value={vpc} onChange={setVpc} label="peering.requesterVpc" description={text("peering.requesterHelp")} />
      <FormField label={text("peering.account")}>
        <RadioGroup
          value={isOurs ? "own" : "other"}
          onChange={({ detail }) => {
            setOurs(detail.value === "own");
            setPeer("");
          }}
          items={[
            { value: "own", label: text("peering.myAccount") },
            { value: "other", label: text("peering.otherAccount"), description: text("peering.otherAccountHelp") },
          ]}
        />
      </FormField>
      {!isOurs && (
        <FormField label={text("permissions.account")}>
          <Input value={account} inputMode="numeric" onChange={({ detail }) => setAccount(detail.value.trim())} />
        </FormField>
      )}
      <ChoiceField
        label="peering.region"
        value={peerRegion}
        options={(regions ?? []).map(({ RegionName = "" }) => ({ value: RegionName, label: RegionName }))}
        onChange={(chosen) => {
          setPeerRegion(chosen);
          setPeer("");
        }}
      />
      {isOurs ? (
        <VpcField
          region={peerRegion}
          value={peer}
          onChange={setPeer}
          label="peering.accepterVpc"
          offered={({ VpcId }) => VpcId !== vpc}
        />
      ) : (
        <FormField label={text("peering.accepterVpc")}>
          <Input value={peer} placeholder="vpc-" onChange={({ detail }) => setPeer(detail.value.trim())} />
        </FormField>
      )}
      <TagsField value={tags} onChange={setTags} />
      {common.length > 0 ? (
        <Alert type="warning" header={text("peering.willFail")}>
          {text("peering.willFailWhy", { blocks: common.join(", ") })}
        </Alert>
      ) : (
        <Alert type="info">{text("peering.will")}</Alert>
      )}
    </CallDialog>
  );
}
