"""What EC2 does, as claims: each takes what was observed and gives a verdict. Pure: a wrong world gives a wrong one."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from kumoniwa.client.boots import Boot, Downtime, command_of
from kumoniwa.lab.evidence import Evidence, written_between
from kumoniwa.lab.shell import Answer, Refusal
from kumoniwa.lab.verdict import Verdict
from kumoniwa.lab.watch import Sight
from kumoniwa.values import dataclass

CLOCKS_DIFFER = timedelta(seconds=3)  # a guest sets its clock from the host's in whole seconds, and logs whole seconds

_REPAIR = re.compile(r"recover|orphan|error|not clean|dirty", re.I)


@dataclass(frozen=True, slots=True)
class Looks:
    """Two looks into a guest: before something, and after it."""

    before: Evidence
    after: Evidence

    @property
    def new_lines(self) -> tuple[str, ...]:
        return self.after.new_lines(self.before)

    @property
    def booted(self) -> bool:
        """It shut down in order and booted: another boot id, and the shutdown's own lines."""
        return self.before.boot_id != self.after.boot_id and bool(self.new_lines)

    @property
    def undisturbed(self) -> bool:
        return self.before.boot_id == self.after.boot_id and not self.new_lines

    def __str__(self) -> str:
        if self.before.boot_id == self.after.boot_id:
            return f"boot {_short(self.after.boot_id)} goes on, {_lines(self.new_lines)}"
        return f"boot {_short(self.before.boot_id)} → {_short(self.after.boot_id)}, {_lines(self.new_lines)}"


@dataclass(frozen=True, slots=True)
class ImageMade:
    """What was observed of one CreateImage: when it was asked for and when it settled, and how."""

    image_id: str
    asked_at: datetime
    first_state: str
    settled_at: datetime
    state: str


def launched(sight: Sight, ssh_host: str, kernel: str, seen: Evidence) -> Verdict:
    holds = sight.state == "running" and sight.public_address == ssh_host and bool(seen.boot_id)
    api = f"{sight.state}, public address {sight.public_address or 'none'}"
    claim = "A launched instance answers SSH at its public address"
    return Verdict("1", claim, holds, api, f"{kernel}, boot {_short(seen.boot_id)}")


def data_volume_mounted(volumes: Sequence[str], mounted: str) -> Verdict:
    holds = len(volumes) == 2 and mounted.startswith("/data")
    claim = "User data formats and mounts the second volume"
    return Verdict("1", claim, holds, f"attached: {', '.join(volumes)}", mounted or "not mounted")


def refused(point: str, claim: str, answer: Answer, expected: Refusal, looks: Looks) -> Verdict:
    """A call is refused with just this code and message, and nothing happened in the guest."""
    refusal = answer.refusal
    seen = (
        f"{refusal.code}: {refusal.message}"
        if refusal
        else f"not refused: {(answer.output or answer.error).strip()[:200]}"
    )
    return Verdict(point, claim, refusal == expected and looks.undisturbed, seen, str(looks))


def rebooted(answer: Answer, sights: Sequence[Sight], looks: Looks) -> Verdict:
    holds = answer.status == 0 and stayed_running(sights) and looks.booted
    claim = "RebootInstances is allowed under stop protection; the instance stays running"
    return Verdict("3", claim, holds, _course(sights), str(looks))


def image_rebooted(sights: Sequence[Sight], looks: Looks) -> Verdict:
    holds = stayed_running(sights) and looks.booted
    claim = "CreateImage reboots the guest, stop protection or not; the API says running throughout, all else unchanged"
    return Verdict("4", claim, holds, _course(sights), str(looks))


def image_after_shutdown(image: ImageMade, looks: Looks) -> Verdict:
    """The shutdown lies between the request and the image's availability."""
    lines = looks.new_lines
    holds = (
        image.first_state == "pending"
        and image.state == "available"
        and bool(lines)
        and written_between(lines, image.asked_at, image.settled_at, CLOCKS_DIFFER)
    )
    took = (image.settled_at - image.asked_at).total_seconds()
    api = (
        f"{image.first_state} from {image.asked_at:%H:%M:%S}, {image.state} {image.settled_at:%H:%M:%S} ({took:.0f} s)"
    )
    return Verdict("4", "Between the request and the AMI's availability the guest shut down", holds, api, _last(lines))


def cut_at_rest(consistency: str, snapshots: int, boots: Sequence[Boot]) -> Verdict:
    """The disks were cut when the guest had powered itself off, all at once."""
    ended, boot = _around_last(boots, "create-image")
    clean = ended is not None and ended.end_clean is True
    cut = boot.cut_seconds if boot is not None else None
    holds = consistency == "at-rest" and snapshots == 2 and clean and cut is not None
    api = f"{snapshots} snapshots, {consistency or 'no consistency reported'}, {_cut(cut)}"
    guest = "it had powered itself off before" if clean else "it was not seen to power itself off"
    return Verdict("4", "All volumes are cut together, at rest", holds, api, guest)


def image_without_reboot(image: ImageMade, sights: Sequence[Sight], looks: Looks) -> Verdict:
    holds = image.state == "available" and stayed_running(sights) and looks.undisturbed
    api = f"AMI {image.state}; {_course(sights)}"
    return Verdict("5", "CreateImage --no-reboot leaves the guest alone", holds, api, str(looks))


def stopped_itself(sight: Sight, looks: Looks) -> Verdict:
    """The guest's own shutdown stopped the instance; its lines are there after the next start."""
    holds = sight.state == "stopped" and sight.reason == "Client.InstanceInitiatedShutdown" and looks.booted
    claim = "poweroff inside the guest stops the instance, stop protection or not"
    return Verdict("6", claim, holds, f"{sight.state}, {sight.reason or 'no reason'}", str(looks))


def has_its_data(point: str, claim: str, sight: Sight, markers: dict[str, str], expected: str) -> Verdict:
    """What was written to every volume is there again."""
    holds = sight.state == "running" and bool(markers) and all(found == expected for found in markers.values())
    guest = ", ".join(f"{path}: {'there' if found == expected else found or 'gone'}" for path, found in markers.items())
    return Verdict(point, claim, holds, f"{sight.state}, public address {sight.public_address}", guest)


def terminated(sight: Sight, volumes_left: Sequence[str], answer: Answer) -> Verdict:
    """The instance and its volumes are gone, and so is its guest: SSH gets no answer."""
    holds = sight.state == "terminated" and not volumes_left and answer.status != 0
    left = f"volumes left: {', '.join(volumes_left)}" if volumes_left else "its volumes are gone"
    guest = "SSH still answers" if answer.status == 0 else "SSH no longer answers"
    return Verdict("7", "With both protections off it terminates", holds, f"{sight.state}; {left}", guest)


def clean_before_boot(file_systems: str, mounts: Sequence[str]) -> Verdict:
    """The first boot from an AMI found every file system as an ordered shutdown leaves it."""
    lines = [line.strip() for line in file_systems.splitlines() if line.strip()]
    repaired = [line for line in lines if _REPAIR.search(line)]
    holds = bool(lines) and not repaired and {"/", "/data"} <= set(mounts)
    claim = "The file systems in the AMI were clean: no journal was replayed"
    checked = [line for line in lines if ": clean" in line]
    guest = "; ".join(repaired or checked or lines) or "nothing is said about file systems"
    return Verdict("8", claim, holds, f"mounted: {', '.join(mounts)}", guest)


def stayed_running(sights: Sequence[Sight]) -> bool:
    """Whether every answer said running, with the same LaunchTime and addresses."""
    return (
        bool(sights)
        and all(sight.state == "running" for sight in sights)
        and len({sight.identity for sight in sights}) == 1
        and all(sights[0].identity)
    )


def ratio(made: Downtime | None, plain: Downtime | None) -> float | None:
    """How long the guest was down for an AMI, by how long it was down for its own plain reboot."""
    return made.whole / plain.whole if made is not None and plain is not None and plain.whole else None


def _around_last(boots: Sequence[Boot], command: str) -> tuple[Boot | None, Boot | None]:
    """The last boot that a command of `aws ec2` caused, and the boot that it ended."""
    pairs = [(ended, boot) for ended, boot in pairwise(boots) if command_of(boot.why) == command]
    return pairs[-1] if pairs else (None, None)


def _cut(seconds: float | None) -> str:
    return f"cut in {seconds * 1000:.0f} ms" if seconds is not None else "no cut recorded"


def _course(sights: Sequence[Sight]) -> str:
    """What a series of answers said, in a line."""
    states = list(dict.fromkeys(sight.state or f"no answer ({sight.trouble})" for sight in sights))
    identities = len({sight.identity for sight in sights if not sight.trouble})
    same = "LaunchTime and addresses unchanged" if identities == 1 else f"{identities} sets of LaunchTime and addresses"
    return f"{len(sights)} polls: {', '.join(states)}; {same}"


def _short(boot_id: str) -> str:
    return boot_id[:8]


def _lines(lines: Sequence[str]) -> str:
    return f"{len(lines)} new shutdown line{'' if len(lines) == 1 else 's'}"


def _last(lines: Sequence[str]) -> str:
    return lines[-1] if lines else "no new shutdown line"
