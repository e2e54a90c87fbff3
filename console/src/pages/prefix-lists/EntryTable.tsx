/** The entries of a version of a prefix list. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { PrefixListEntry } from "../../api/types";
import { useText } from "../../texts/texts";

/** `entries`: undefined until they are known. */
export function EntryTable({ entries, title }: { entries: readonly PrefixListEntry[] | undefined; title: string }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={
        <Header variant="h2" counter={entries && `(${entries.length})`}>
          {title}
        </Header>
      }
      items={entries ?? []}
      loading={entries === undefined}
      loadingText={text("loading")}
      empty={text("prefixList.noEntries")}
      ariaLabels={{ tableLabel: title }}
      columnDefinitions={[
        { id: "cidr", header: text("prefixList.cidr"), cell: ({ Cidr }) => Cidr, isRowHeader: true },
        { id: "description", header: text("prefixList.description"), cell: ({ Description }) => Description || "–" },
      ]}
    />
  );
}
