/** Who else may launch one image. */
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import type { Image } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { inWords } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { permissionsOf } from "./model";

export function ImagePermissions({ region, item: image }: { region: string; item: Image }): ReactNode {
  const text = useText();
  const id = image.ImageId ?? "";
  const { value: granted, failure } = useListing(useMemo(() => permissionsOf(region, id), [region, id]));
  if (failure !== undefined) return <Box>{inWords(text, failure)}</Box>;
  if (granted === undefined) return <Box>{text("loading")}</Box>;
  return (
    <SpaceBetween size="l">
      <Facts
        facts={[
          ["image.visibility", text(granted.everyone ? "image.public" : "image.private")],
          ["image.publicMeans", text(granted.everyone ? "permissions.public" : "permissions.private")],
        ]}
      />
      <Table
        variant="container"
        header={<Header variant="h2" counter={`(${granted.accounts.length})`}>{text("permissions.accounts")}</Header>}
        items={granted.accounts.map((account) => ({ account }))}
        trackBy="account"
        empty={text("permissions.none")}
        ariaLabels={{ tableLabel: text("permissions.accounts") }}
        columnDefinitions={[
          { id: "account", header: text("permissions.account"), cell: ({ account }) => account, isRowHeader: true },
        ]}
      />
    </SpaceBetween>
  );
}
