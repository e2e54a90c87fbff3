/** The names of devices at which volumes are attached, and what the guest calls them. */
import type { Instance } from "../../api/types";

const FIRST = "f"; // EC2's user guide recommends /dev/sd[f-p] for data volumes
const LAST = "p";

/** The names that are free, the instance's root device first where it lacks that. */
export function freeDevices(instance: Instance): string[] {
  const taken = new Set((instance.BlockDeviceMappings ?? []).map((device) => letterOf(device.DeviceName ?? "")));
  const names: string[] = [];
  const root = instance.RootDeviceName;
  if (root !== undefined && !taken.has(letterOf(root))) names.push(root);
  for (let code = FIRST.charCodeAt(0); code <= LAST.charCodeAt(0); code++) {
    const letter = String.fromCharCode(code);
    if (!taken.has(letter)) names.push(`/dev/sd${letter}`);
  }
  return names;
}

/** What leads to the volume inside a guest, whatever number or letter its kernel gives it. */
export function linkInGuest(volumeId: string, nvme: boolean): string {
  const serial = volumeId.replace("-", "");
  return `/dev/disk/by-id/${nvme ? `nvme-QEMU_NVMe_Ctrl_${serial}` : `virtio-${serial}`}`;
}

/** `f` of `/dev/sdf` and of `xvdf`, which are one place to people; `a` of `/dev/sda1`. */
function letterOf(device: string): string {
  return device.replace(/^\/dev\//, "").replace(/^(sd|xvd)/, "").replace(/\d+$/, "");
}
