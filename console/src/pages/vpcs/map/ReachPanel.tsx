/** Whether two chosen ends reach each other at a port: asked again whenever something changes that decides it. */
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState, type ReactNode } from "react";
import { ChoiceField, TextField, whole } from "../../../resource/fields";
import { label, nameTag } from "../../../resource/resource";
import { useText } from "../../../texts/texts";
import type { Network } from "../network";
import { ReachAnswer } from "./ReachAnswer";
import type { Question, Shown } from "./reach";

const INTERNET = "internet";
const ADDRESS = "address";
/** Of the internet, and nobody's: for examples in texts (RFC 5737). */
const SOMEWHERE = "192.0.2.1";
const PROTOCOLS = ["tcp", "udp", "icmp"];
const LAST_PORT = 65535;

interface Properties {
  region: string;
  network: Network;
  /** Shows the way on the map; without one it shows none. */
  show: (shown: Shown | undefined) => void;
}

export function ReachPanel({ region, network, show }: Properties): ReactNode {
  const text = useText();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [address, setAddress] = useState(SOMEWHERE);
  const [protocol, setProtocol] = useState("tcp");
  const [port, setPort] = useState("22");
  const ends = [...network.instances].map(([id, instance]) => ({
    value: id,
    label: label(id, nameTag(instance.Tags)),
    description: [instance.State?.Name, instance.PrivateIpAddress].filter(Boolean).join(", "),
  }));
  const internet = { value: INTERNET, label: text("reach.internet") };
  const target = to === ADDRESS ? address.trim() : to;
  const number = whole(port);
  const isPort = protocol === "icmp" || (number !== undefined && number > 0 && number <= LAST_PORT);
  const isAsked = from !== "" && target !== "" && isPort;
  const question = useMemo<Question>(
    () => ({ from, to: target, protocol, port: protocol === "icmp" ? "" : port }),
    [from, target, protocol, port],
  );
  const turn = (): void => {
    setFrom(to === ADDRESS ? INTERNET : to);
    setTo(from === INTERNET ? ADDRESS : from);
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={text("reach.help")}
          actions={
            <Button iconName="refresh" disabled={from === "" || to === ""} onClick={turn}>
              {text("reach.turn")}
            </Button>
          }
        >
          {text("reach.title")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ColumnLayout columns={4}>
          <ChoiceField label="reach.from" value={from} onChange={setFrom} options={[internet, ...ends]} empty={text("reach.choose")} />
          <ChoiceField
            label="reach.to"
            value={to}
            onChange={setTo}
            options={[...ends, { value: ADDRESS, label: text("reach.address") }]}
            empty={text("reach.choose")}
          />
          <ChoiceField
            label="rule.protocol"
            value={protocol}
            onChange={setProtocol}
            options={PROTOCOLS.map((value) => ({ value, label: value.toUpperCase() }))}
          />
          {protocol !== "icmp" && (
            <TextField label="reach.port" value={port} onChange={setPort} {...(!isPort && { constraint: text("reach.noPort") })} />
          )}
          {to === ADDRESS && <TextField label="reach.address" value={address} onChange={setAddress} />}
        </ColumnLayout>
        {isAsked && <ReachAnswer key={JSON.stringify(question)} region={region} network={network} question={question} show={show} />}
      </SpaceBetween>
    </Container>
  );
}
