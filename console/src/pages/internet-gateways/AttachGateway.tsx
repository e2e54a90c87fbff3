/** Attach an internet gateway to a VPC. */
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { CallDialog } from "../../resource/CallDialog";
import type { Chosen } from "../../resource/resource";
import { useText } from "../../texts/texts";
import { VpcField } from "../networks/VpcField";
import { internetGatewaysOf, rowLabel, type InternetGatewayRow } from "./model";

interface Properties {
  region: string;
  items: Chosen<InternetGatewayRow>;
  close: () => void;
}

export function AttachGateway({ region, items: [row], close }: Properties): ReactNode {
  const text = useText();
  const { value: all } = useListing(useMemo(() => internetGatewaysOf(region), [region]));
  const [vpc, setVpc] = useState("");
  const taken = new Set(all?.map((one) => one.vpc));
  return (
    <CallDialog
      region={region}
      title={text("action.attachInternetGateway")}
      action="AttachInternetGateway"
      parameters={{ InternetGatewayId: row.id, VpcId: vpc }}
      hindered={vpc === "" ? text("vpc.choose") : null}
      state={[...taken].join()}
      done={() => text("attachGateway.done", { gateway: rowLabel(row), vpc })}
      close={close}
    >
      <VpcField
        region={region}
        value={vpc}
        onChange={setVpc}
        description={text("attachGateway.help")}
        offered={({ VpcId = "" }) => !taken.has(VpcId)}
      />
      <Alert type="info">{text("attachGateway.will")}</Alert>
    </CallDialog>
  );
}
