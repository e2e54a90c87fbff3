/** The settings of a snapshot: who may make volumes of it. */
import { useMemo, type ReactNode } from "react";
import { useListing } from "../../api/listing";
import { Facts } from "../../resource/Facts";
import { useText } from "../../texts/texts";
import { permissionsOf, type SnapshotRow } from "./model";

export function SnapshotSettings({ region, item: row }: { region: string; item: SnapshotRow }): ReactNode {
  const text = useText();
  const { value: permissions } = useListing(useMemo(() => permissionsOf(region, row.id), [region, row.id]));
  const shared = permissions && text(permissions.isPublic ? "image.public" : "image.private");
  return (
    <Facts
      title="sharing.title"
      facts={[
        ["sharing.shared", shared ?? text("loading")],
        ["permissions.accounts", permissions?.accounts.join(", ")],
      ]}
    />
  );
}
