/** Whether the firewall of a launch lets this machine sign in over SSH. Pure. */
import type { SecurityGroup } from "../../api/types";
import { blockOf, isWithin } from "../security-groups/cidr";
import { permissions, type Form } from "./launchModel";

type Permissions = NonNullable<SecurityGroup["IpPermissions"]>;

const SSH = 22;
const THIS_HOST = "127.0.0.1"; // as far as a rule is concerned, every client of a guest comes from there

/** Whether one of the launch's security groups, those that are there or the new one, admits this machine to port 22. */
export function admitsSsh(form: Form, groups: readonly SecurityGroup[]): boolean {
  if (form.firewall === "new") return admitted(permissions(form));
  return groups.filter(({ GroupId = "" }) => form.groupIds.includes(GroupId)).some((group) => admitted(group.IpPermissions ?? []));
}

function admitted(given: Permissions): boolean {
  return given.some(({ IpProtocol, FromPort = 0, ToPort = 0, IpRanges = [] }) => {
    const isOpen = IpProtocol === "-1" || (IpProtocol === "tcp" && (FromPort === -1 || (FromPort <= SSH && SSH <= ToPort)));
    return isOpen && IpRanges.some(({ CidrIp = "" }) => isWithin(THIS_HOST, blockOf(CidrIp)?.text ?? CidrIp));
  });
}
