/** The tags of a resource. */
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Tag } from "../api/types";
import { useText } from "../texts/texts";

export function TagTable({ tags }: { tags: readonly Tag[] }): ReactNode {
  const text = useText();
  return (
    <Table
      variant="container"
      header={<Header variant="h2">{text("tab.tags")}</Header>}
      items={tags}
      empty={text("tags.empty")}
      ariaLabels={{ tableLabel: text("tab.tags") }}
      columnDefinitions={[
        { id: "key", header: text("tags.key"), cell: (tag) => tag.Key, isRowHeader: true },
        { id: "value", header: text("tags.value"), cell: (tag) => tag.Value },
      ]}
    />
  );
}
