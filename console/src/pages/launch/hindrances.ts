/** Why the form cannot be launched as it is, as far as the page can tell without asking the cloud. Pure. */
import type { Text } from "../../texts/texts";
import { blockOf } from "../security-groups/cidr";
import { limitsOf } from "../volumes/volumeTypes";
import type { Device } from "./devices";
import { whole, type Form } from "./launchModel";
import { wrongUserData } from "./userData";

export const MOST_INSTANCES = 1000; // in one call

/** Why a volume's fields cannot be meant; null where they can. */
export function wrongDevice(text: Text, device: Device): string | null {
  const [size, { iops, throughput } = {}] = [whole(device.size), limitsOf(device.type)];
  if (device.name === "") return text("launch.deviceMissing");
  if (size === undefined || size < device.least) return text("launch.sizeLeast", { least: device.least });
  if (iops !== undefined && whole(device.iops) === undefined) return text("launch.numberWrong", { what: "IOPS" });
  if (throughput !== undefined && whole(device.throughput) === undefined) {
    return text("launch.numberWrong", { what: text("volume.throughputMib") });
  }
  return null;
}

/** Why two volumes cannot be meant: one of them would change the other, which EC2 takes for what is wanted. */
export function sameDevice(text: Text, devices: readonly Device[]): string | null {
  const names = devices.map(({ name }) => name);
  const twice = names.find((name, at) => name !== "" && names.indexOf(name) !== at);
  return twice === undefined ? null : text("launch.deviceTwice", { name: twice });
}

/** Why the source of SSH cannot be meant; null where it can. */
export function wrongBlock(text: Text, { newGroup: { ssh } }: Form): string | null {
  return ssh.from === "block" && blockOf(ssh.block)?.kind !== "ipv4" ? text("launch.blockWrong") : null;
}

export function wrongCount(text: Text, { count }: Form): string | null {
  const number = whole(count);
  const isRight = number !== undefined && number >= 1 && number <= MOST_INSTANCES;
  return isRight ? null : text("launch.countWrong", { most: MOST_INSTANCES });
}

export function wrongHops(text: Text, { metadata: { enabled, hops } }: Form): string | null {
  return enabled && whole(hops) === undefined ? text("launch.numberWrong", { what: text("metadata.hops") }) : null;
}

/** Everything that hinders, in the order of the page. `needsSubnet`: the cloud does not choose one in this VPC. */
export function hindrances(text: Text, form: Form, needsSubnet = false): string[] {
  const wrongData = wrongUserData(form.userData);
  const isNewGroup = form.firewall === "new";
  const found = [
    form.tags.valid ? null : text("tags.invalid"),
    form.imageId === "" ? text("launch.imageMissing") : null,
    form.type === "" ? text("launch.typeMissing") : null,
    form.key === undefined ? text("launch.keyMissing") : null,
    needsSubnet && form.subnetId === "" ? text("launch.subnetMissing") : null,
    isNewGroup && form.newGroup.name.trim() === "" ? text("launch.groupNameMissing") : null,
    isNewGroup && form.newGroup.description.trim() === "" ? text("launch.groupDescriptionMissing") : null,
    isNewGroup ? wrongBlock(text, form) : null,
    !isNewGroup && form.groupIds.length === 0 ? text("launch.groupsMissing") : null,
    ...form.devices.filter((device) => !device.isLeftOut).map((device) => wrongDevice(text, device)),
    sameDevice(text, form.devices),
    wrongHops(text, form),
    wrongData === null ? null : text(wrongData),
    wrongCount(text, form),
  ];
  return found.filter((one) => one !== null);
}
