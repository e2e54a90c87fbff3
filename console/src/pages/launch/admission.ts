/** Whether the firewall of a launch lets this machine sign in over SSH. Pure. */
import type { SecurityGroup } from "../../api/types";
import { permissions, type Form } from "./launchModel";

type Permissions = NonNullable<SecurityGroup["IpPermissions"]>;

const SSH = 22;
const THIS_HOST = 0x7f000001; // 127.0.0.1: as far as a rule is concerned, every client of a guest comes from there
const BLOCK = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Whether one of the launch's security groups, those that are there or the new one, admits this machine to port 22. */
export function admitsSsh(form: Form, groups: readonly SecurityGroup[]): boolean {
  if (form.firewall === "new") return admitted(permissions(form));
  return groups.filter(({ GroupId = "" }) => form.groupIds.includes(GroupId)).some((group) => admitted(group.IpPermissions ?? []));
}

function admitted(given: Permissions): boolean {
  return given.some(({ IpProtocol, FromPort = 0, ToPort = 0, IpRanges = [] }) => {
    const isOpen = IpProtocol === "-1" || (IpProtocol === "tcp" && (FromPort === -1 || (FromPort <= SSH && SSH <= ToPort)));
    return isOpen && IpRanges.some(({ CidrIp = "" }) => hasThisHost(CidrIp));
  });
}

/** Whether an IPv4 block contains the address by which this machine comes. */
export function hasThisHost(block: string): boolean {
  const [, ...parts] = BLOCK.exec(block) ?? [];
  const [a, b, c, d, bits] = parts.map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined || bits === undefined) return false;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const others = 2 ** (32 - bits);
  return Math.floor(address / others) === Math.floor(THIS_HOST / others);
}
