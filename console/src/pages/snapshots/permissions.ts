/** The calls that lead from who may use a snapshot to who is to. */
import type { Asked } from "../../api/types";
import type { Permissions } from "./model";

/** EC2 does not take additions and removals in one call. */
export function permissionCalls(id: string, before: Permissions, after: Permissions): Asked<"ModifySnapshotAttribute">[] {
  const [was, is] = [grantees(before), grantees(after)];
  const added = [...is].filter((one) => !was.has(one)).map(permission);
  const removed = [...was].filter((one) => !is.has(one)).map(permission);
  const of = { SnapshotId: id, Attribute: "createVolumePermission" as const };
  return [
    ...(added.length > 0 ? [{ ...of, CreateVolumePermission: { Add: added } }] : []),
    ...(removed.length > 0 ? [{ ...of, CreateVolumePermission: { Remove: removed } }] : []),
  ];
}

function grantees({ isPublic, accounts }: Permissions): Set<string> {
  return new Set(isPublic ? ["all", ...accounts] : accounts);
}

function permission(grantee: string): { Group: "all" } | { UserId: string } {
  return grantee === "all" ? { Group: grantee } : { UserId: grantee };
}
