/** Connect to an instance: the commands that work from this host, what stands in their way, and the serial console. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Tabs from "@cloudscape-design/components/tabs";
import { useMemo, useState, type ReactNode } from "react";
import { about, type About } from "../../../api/call";
import { asCli } from "../../../api/cli";
import { useListing, type Listing } from "../../../api/listing";
import { label, type ActionDialog } from "../../../resource/resource";
import { Copyable } from "../../../shell/Cli";
import { serialConsoleAt } from "../../../shell/place";
import { useText } from "../../../texts/texts";
import { evidenceOf, type Evidence } from "../evidence";
import { imageOf, type Row } from "../model";
import { obstaclesOf, ownCommand, SSH_PORT, sshCommand, sshForward, userOf } from "./ways";

/** All clients of an instance are on this host, and rules see them so. */
const THIS_HOST = "127.0.0.1/32";

const CLOUD: Listing<About> = { key: "about", tables: [], read: about };

export const Connect: ActionDialog<Row> = ({ region, items: [row], close }) => {
  const text = useText();
  return (
    <Modal
      visible
      size="large"
      header={text("connect.title")}
      closeAriaLabel={text("close")}
      onDismiss={close}
      footer={
        <Box float="right">
          <Button onClick={close}>{text("close")}</Button>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <FormField label={text("instance.id")}>{label(row.id, row.name)}</FormField>
        <Tabs
          tabs={[
            { id: "ssh", label: text("connect.ssh"), content: <Ssh region={region} row={row} /> },
            { id: "serial", label: text("action.serialConsole"), content: <Serial region={region} row={row} /> },
          ]}
        />
      </SpaceBetween>
    </Modal>
  );
};

interface Properties {
  region: string;
  row: Row;
}

function Ssh({ region, row }: Properties): ReactNode {
  const text = useText();
  const { value: known } = useListing(useMemo(() => evidenceOf(region, row.id), [region, row.id]));
  const { value: cloud } = useListing(CLOUD);
  const imageId = row.instance.ImageId ?? "";
  const { value: image } = useListing(useMemo(() => imageOf(region, imageId), [region, imageId]));
  const [chosen, setChosen] = useState<string>();
  if (known === undefined || cloud === undefined || image === undefined) return text("loading");
  const user = chosen ?? userOf(image);
  const key = row.instance.KeyName;
  const forward = sshForward(known.forwards);
  return (
    <SpaceBetween size="m">
      <Obstacles row={row} region={region} known={known} driver={cloud.driver} />
      <FormField label={text("connect.user")} description={text("connect.userHelp")}>
        <Input value={user} ariaLabel={text("connect.user")} onChange={({ detail }) => setChosen(detail.value)} />
      </FormField>
      <FormField label={text("instance.key")}>
        {key === undefined ? "–" : text("connect.keyFile", { key, file: `${key}.pem` })}
      </FormField>
      <FormField label="kumoniwa ssh" description={text("connect.ownHelp")}>
        <Copyable value={ownCommand(row.id, user, key)} />
      </FormField>
      {forward !== undefined && (
        <FormField label="ssh" description={text("connect.sshHelp", { host: forward.host, port: forward.port })}>
          <Copyable value={sshCommand(forward, user, key)} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Obstacles({ row, region, known, driver }: Properties & { known: Evidence; driver: string }): ReactNode {
  const text = useText();
  const obstacles = obstaclesOf(row, known, driver);
  const [group] = row.instance.SecurityGroups ?? [];
  const rule = { GroupId: group?.GroupId, Protocol: "tcp", Port: String(SSH_PORT), Cidr: THIS_HOST };
  if (obstacles.length === 0) return <StatusIndicator type="success">{text("connect.ready")}</StatusIndicator>;
  return obstacles.map(({ key, values, blocks }) => (
    <Alert key={key} type={blocks ? "error" : "warning"}>
      {text(key, values)}
      {key === "connect.noRule" && <Copyable value={asCli("AuthorizeSecurityGroupIngress", rule, region)} />}
    </Alert>
  ));
}

function Serial({ region, row }: Properties): ReactNode {
  const text = useText();
  const hindered = row.state === "running" ? null : text("connect.notRunning", { state: row.state });
  return (
    <SpaceBetween size="m">
      <Box variant="p">{text("connect.serialHelp")}</Box>
      <Button
        variant="primary"
        iconName="external"
        iconAlign="right"
        disabled={hindered !== null}
        {...(hindered === null
          ? { href: serialConsoleAt(region, row.id), target: "_blank" }
          : { disabledReason: hindered })}
      >
        {text("action.serialConsole")}
      </Button>
    </SpaceBetween>
  );
}
