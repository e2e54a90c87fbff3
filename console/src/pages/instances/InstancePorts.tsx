/** The ports of this machine that reach an instance's guest now: what its rules come to, which EC2 has no word for. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { useText } from "../../texts/texts";
import { useAnswers } from "../security-groups/Enforced";
import { forwardsOf } from "./model";

/** `address`: only those at this one of the host. */
export function InstancePorts({ region, id, address }: { region: string; id: string; address?: string }): ReactNode {
  const text = useText();
  const answers = useAnswers();
  const { value = [] } = useListing(useMemo(() => forwardsOf(region, id), [region, id]));
  const forwards = value.filter(({ host }) => address === undefined || host === address);
  return (
    <Table
      variant="container"
      header={<Header variant="h2" counter={`(${forwards.length})`}>{text("forward.title")}</Header>}
      items={forwards}
      empty={text("forward.none")}
      ariaLabels={{ tableLabel: text("forward.title") }}
      columnDefinitions={[
        { id: "here", header: text("forward.here"), cell: ({ host, port }) => `${host}:${port}`, isRowHeader: true },
        { id: "protocol", header: text("rule.protocol"), cell: ({ protocol }) => protocol.toUpperCase() },
        { id: "guest", header: text("forward.guestPort"), cell: ({ guest_port }) => guest_port },
        {
          id: "state",
          header: text("interface.status"),
          cell: ({ refused }) =>
            refused !== null ? text("forward.closed", { why: refused }) : text(answers === undefined ? "loading" : answers ? "forward.open" : "forward.recorded"),
        },
      ]}
    />
  );
}
