/** What is known of a prefix list: its state, its entries in each version, and what names it. */
import Alert from "@cloudscape-design/components/alert";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, useState, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { State } from "../../resource/State";
import { useText } from "../../texts/texts";
import { IdLink } from "../vpcs/links";
import { EntryTable } from "./EntryTable";
import { associationsOf, entriesOf, type PrefixListRow } from "./model";
import { VersionField } from "./VersionField";

interface Properties {
  region: string;
  item: PrefixListRow;
}

export function PrefixListFacts({ item: { id, list, isAws } }: Properties): ReactNode {
  const text = useText();
  return (
    <SpaceBetween size="l">
      {isAws && <Alert type="info">{text("prefixList.awsEmpty")}</Alert>}
      <Facts
        facts={[
          ["prefixList.id", id],
          ["prefixList.name", list.PrefixListName],
          ["prefixList.most", list.MaxEntries],
          ["prefixList.family", list.AddressFamily],
          ["gateway.state", <State state={list.State ?? ""} />],
          ["prefixList.message", list.StateMessage],
          ["prefixList.version", list.Version],
          ["ownerId", list.OwnerId],
          ["prefixList.arn", list.PrefixListArn],
        ]}
      />
    </SpaceBetween>
  );
}

export function PrefixListEntries({ region, item: row }: Properties): ReactNode {
  const text = useText();
  const [chosen, choose] = useState<number>(); // the current one until another is chosen
  const version = chosen ?? row.list.Version;
  const { value: entries } = useListing(useMemo(() => entriesOf(region, row.id, version), [region, row.id, version]));
  return (
    <SpaceBetween size="l">
      {version !== undefined && <VersionField value={version} onChange={choose} last={row.list.Version ?? version} />}
      <EntryTable entries={entries} title={text("prefixList.entries")} />
    </SpaceBetween>
  );
}

export function PrefixListAssociations({ region, item: row }: Properties): ReactNode {
  const text = useText();
  const { value } = useListing(useMemo(() => associationsOf(region, [row.id]), [region, row.id]));
  const found = value?.get(row.id);
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={found && `(${found.length})`}>
          {text("prefixList.associations")}
        </Header>
      }
      items={found ?? []}
      loading={found === undefined}
      loadingText={text("loading")}
      empty={text("prefixList.usedNowhere")}
      ariaLabels={{ tableLabel: text("prefixList.associations") }}
      columnDefinitions={[
        {
          id: "id",
          header: text("prefixList.resource"),
          cell: (id) => <IdLink region={region} id={id} />,
          isRowHeader: true,
        },
      ]}
    />
  );
}
