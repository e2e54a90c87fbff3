"""The experiment that began Kumoniwa: does stop protection keep an instance from being rebooted by its own AMI?

A protocol in eight points, one function each. Every point asks the API with the AWS CLI and looks into the guest by
SSH; what was seen becomes verdicts.
"""

import dataclasses
from dataclasses import field, replace
from pathlib import Path

from kumoniwa.client.boots import Downtime
from kumoniwa.clock import Clock
from kumoniwa.lab import claims
from kumoniwa.lab.actions import BOOTED_WITHIN, SHUT_DOWN_WITHIN, Actions
from kumoniwa.lab.claims import Looks
from kumoniwa.lab.evidence import Evidence, look, look_after_boot
from kumoniwa.lab.narration import Narrator
from kumoniwa.lab.shell import Login, Refusal, Shell
from kumoniwa.lab.verdict import Verdict
from kumoniwa.values import dataclass

STOP_REFUSED = "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
TERMINATE_REFUSED = "The instance '{id}' may not be terminated. Modify its '{lock}' instance attribute and try again."
MARKERS = ("/var/lib/marker", "/data/marker")
FORMAT_AND_MOUNT = """\
#!/bin/sh
set -eu
root=$(lsblk --noheadings --output PKNAME "$(findmnt --noheadings --output SOURCE /)")
data=$(lsblk --nodeps --noheadings --output NAME --exclude 7,11 | grep -vx "$root")
mkfs.ext4 -q -L data "/dev/$data"
mkdir -p /data
echo 'LABEL=data /data ext4 defaults,nofail 0 2' >>/etc/fstab
mount /data
"""
FILE_SYSTEMS = (
    "sudo dmesg | grep -o 'EXT4-fs (.*';"
    " sudo journalctl -b -o cat -u systemd-fsck-root -u 'systemd-fsck@*' | grep -E 'clean|recover|orphan' || true"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The instance the experiment is made on, where it is logged in to, and what was last seen in its guest."""

    id: str
    login: Login
    seen: Evidence
    written: str = ""

    def refusal(self, text: str, lock: str = "") -> Refusal:
        """How EC2 refuses, in its own words."""
        return Refusal("OperationNotPermitted", text.format(id=self.id, lock=lock))


@dataclasses.dataclass(slots=True)
class Findings:
    """What the experiment has shown so far. Times are in seconds."""

    verdicts: list[Verdict] = field(default_factory=list)
    reboot: Downtime | None = None
    image: Downtime | None = None
    launch_until_ssh: float | None = None


class Experiment:
    """One run of the protocol, in a folder that holds the key and the user data."""

    def __init__(self, actions: Actions, shell: Shell, narrator: Narrator, clock: Clock, folder: Path) -> None:
        self._do = actions
        self._shell = shell
        self._narrator = narrator
        self._clock = clock
        self._user_data = folder / "format-and-mount.sh"
        self._user_data.write_text(FORMAT_AND_MOUNT)
        self.findings = Findings()

    async def run(self, image_id: str) -> None:
        """Go through all points in order. `LabFailed` where it cannot go on; the findings until then stay."""
        subject = await self.launch(image_id)
        await self.stop_is_refused(subject)
        subject = await self.reboot_is_allowed(subject)
        subject, ami = await self.image_reboots(subject)
        await self.image_without_reboot(subject)
        subject = await self.guest_powers_itself_off(subject)
        await self.terminate_is_refused_and_allowed(subject)
        await self.launch_from_the_image(ami, subject.written)

    async def launch(self, image_id: str) -> Subject:
        self._narrator.heading("1. Launch with a key pair and a security group that admits port 22")
        await self._do.prepare_access()
        volume = "DeviceName=/dev/sdf,Ebs={VolumeSize=1,VolumeType=gp3,DeleteOnTermination=true}"
        asked = self._clock.monotonic()
        instance_id = await self._do.run_instance(
            image_id, f"--block-device-mappings {volume} --user-data file://{self._user_data.name}"
        )
        login = await self._do.until_ssh(instance_id, not_boot=None)
        self.findings.launch_until_ssh = self._clock.monotonic() - asked
        self._narrator.remark(f"{self.findings.launch_until_ssh:.1f} s from run-instances until SSH answered")
        await self._do.until_cloud_init_is_done(login)
        kernel = await self._shell.ssh_text(login, "uname -nr")
        seen = await look(self._shell, login)
        self._judge(claims.launched(await self._do.lookout.sight(instance_id), login.host, kernel, seen))
        mounted = await self._shell.ssh_text(login, "findmnt -no TARGET,SOURCE,FSTYPE /data || true")
        self._judge(claims.data_volume_mounted(await self._do.volumes_of(instance_id), mounted))
        return Subject(instance_id, login, seen)

    async def stop_is_refused(self, subject: Subject) -> None:
        self._narrator.heading("2. Stop protection on: StopInstances is refused")
        await self._modify(subject, "--disable-api-stop")
        answer = await self._shell.aws(f"ec2 stop-instances --instance-ids {subject.id}")
        looks = Looks(subject.seen, await look(self._shell, subject.login))
        claim = "StopInstances is refused by stop protection, and nothing happens in the guest"
        self._judge(claims.refused("2", claim, answer, subject.refusal(STOP_REFUSED), looks))

    async def reboot_is_allowed(self, subject: Subject) -> Subject:
        self._narrator.heading("3. Stop protection on: RebootInstances is allowed")
        async with self._do.lookout.watching(subject.id) as watch:
            answer = await self._shell.aws(f"ec2 reboot-instances --instance-ids {subject.id}")
            rebooted = await self._after_boot(subject)
        self._judge(claims.rebooted(answer, watch.sights, Looks(subject.seen, rebooted.seen)))
        self.findings.reboot = await self._do.downtime_for(subject.id, "reboot-instances")
        return rebooted

    async def image_reboots(self, subject: Subject) -> tuple[Subject, str]:
        self._narrator.heading("4. Stop protection on: CreateImage without options")
        written = await self._do.write_to(subject.login, MARKERS)
        async with self._do.lookout.watching(subject.id) as watch:
            image = await self._do.create_image(subject.id, "with-reboot")
            rebooted = await self._after_boot(replace(subject, written=written))
        looks = Looks(subject.seen, rebooted.seen)
        self._judge(claims.image_rebooted(watch.sights, looks))
        self._judge(claims.image_after_shutdown(image, looks))
        snapshots = await self._do.snapshots_of(image.image_id)
        self.findings.image = await self._do.downtime_for(subject.id, "create-image")
        boots = await self._do.boots_of(subject.id)
        self._judge(claims.cut_at_rest(await self._do.consistency_of(image.image_id), len(snapshots), boots))
        return rebooted, image.image_id

    async def image_without_reboot(self, subject: Subject) -> None:
        self._narrator.heading("5. CreateImage --no-reboot")
        async with self._do.lookout.watching(subject.id) as watch:
            image = await self._do.create_image(subject.id, "without-reboot", "--no-reboot")
        looks = Looks(subject.seen, await look(self._shell, subject.login))
        self._judge(claims.image_without_reboot(image, watch.sights, looks))

    async def guest_powers_itself_off(self, subject: Subject) -> Subject:
        self._narrator.heading("6. Stop protection on: poweroff inside the guest, then StartInstances")
        await self._shell.ssh(subject.login, "sudo poweroff")
        stopped = await self._do.lookout.until_state(subject.id, "stopped", within=SHUT_DOWN_WITHIN)
        await self._shell.aws_text(
            f"ec2 describe-instances --instance-ids {subject.id} --output text"
            " --query Reservations[].Instances[].[State.Name,StateReason.Code]"
        )
        await self._shell.aws_text(f"ec2 start-instances --instance-ids {subject.id}")
        await self._do.lookout.until_state(subject.id, "running", within=BOOTED_WITHIN)
        started = await self._after_boot(subject)
        await self._do.until_boot_is_over(started.login)
        self._judge(claims.stopped_itself(stopped, Looks(subject.seen, started.seen)))
        sight = await self._do.lookout.sight(subject.id)
        markers = await self._do.read_from(started.login, MARKERS)
        self._judge(
            claims.has_its_data("6", "StartInstances brings it back with its data", sight, markers, subject.written)
        )
        return started

    async def terminate_is_refused_and_allowed(self, subject: Subject) -> None:
        self._narrator.heading("7. TerminateInstances: refused by each protection in its own words, then allowed")
        terminate = f"ec2 terminate-instances --instance-ids {subject.id}"
        answer = await self._shell.aws(terminate)
        looks = Looks(subject.seen, await look(self._shell, subject.login))
        expected = subject.refusal(TERMINATE_REFUSED, "disableApiStop")
        self._judge(claims.refused("7", "Stop protection refuses TerminateInstances too", answer, expected, looks))

        await self._modify(subject, "--no-disable-api-stop")
        await self._modify(subject, "--disable-api-termination")
        answer = await self._shell.aws(terminate)
        looks = Looks(subject.seen, await look(self._shell, subject.login))
        expected = subject.refusal(TERMINATE_REFUSED, "disableApiTermination")
        self._judge(claims.refused("7", "Termination protection refuses it in other words", answer, expected, looks))

        await self._modify(subject, "--no-disable-api-termination")
        await self._shell.aws_text(terminate)
        sight = await self._do.lookout.until_state(subject.id, "terminated", within=SHUT_DOWN_WITHIN)
        volumes_left = await self._do.volumes_left()
        self._judge(claims.terminated(sight, volumes_left, await self._shell.ssh(subject.login, "true")))

    async def launch_from_the_image(self, image_id: str, written: str) -> None:
        self._narrator.heading("8. Launch from the AMI of point 4")
        instance_id = await self._do.run_instance(image_id)
        login = await self._do.until_ssh(instance_id, not_boot=None)
        await self._do.until_boot_is_over(login)
        sight = await self._do.lookout.sight(instance_id)
        markers = await self._do.read_from(login, MARKERS)
        claim = "What was written before CreateImage is in the AMI, on both volumes"
        self._judge(claims.has_its_data("8", claim, sight, markers, written))
        mounts = (await self._shell.ssh_text(login, "findmnt -lno TARGET -t ext4")).splitlines()
        self._judge(claims.clean_before_boot(await self._shell.ssh_text(login, FILE_SYSTEMS), mounts))
        await self._shell.aws_text(f"ec2 terminate-instances --instance-ids {instance_id}")

    async def _after_boot(self, subject: Subject) -> Subject:
        """The subject once it has booted anew, and what its guest says then."""
        login = await self._do.until_ssh(subject.id, not_boot=subject.seen.boot_id)
        return replace(subject, login=login, seen=await look_after_boot(self._shell, login, subject.seen))

    async def _modify(self, subject: Subject, option: str) -> None:
        await self._shell.aws_text(f"ec2 modify-instance-attribute --instance-id {subject.id} {option}")

    def _judge(self, verdict: Verdict) -> None:
        self.findings.verdicts.append(verdict)
        self._narrator.verdict(verdict.claim, holds=verdict.holds)
