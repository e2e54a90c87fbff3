"""The files of a guest image for launches from memory: a part of `guest_files.py`.

A machine is booted once (its board's asset tag says `prepare-launch`) up to where it would need an identity, and saved.
At every other boot nothing of this is started: cloud-init's generator looks at the tag.
"""

from pathlib import Path

_PROGRAM = Path(__file__).with_name("launch_from_memory")
_HOME = "usr/local/lib/kumoniwa"

_PREPARE = """\
#!/bin/sh
# prepare-launch UNITS: run by cloud-init's generator at a boot whose machine will be saved in memory, for guests that
# are launched from it. What needs no identity starts now; what does waits for launch-from-memory.service, which is
# told one.
set -eu
units=$1
wants=$units/multi-user.target.wants
after_cloud_init=$units/cloud-init.target.wants

# drop UNIT: what is read is added to the unit
drop() {
    mkdir -p "$units/$1.d"
    cat > "$units/$1.d/prepare-launch.conf"
}

mkdir -p "$wants" "$after_cloud_init" /run/systemd/journald.conf.d
ln -sf /etc/systemd/system/launch-from-memory.service "$wants/"
ln -sf /etc/systemd/system/cloud-init-standby.service "$wants/"
ln -sf /etc/systemd/system/ssh-after-cloud-init.service "$after_cloud_init/"

# sshd starts, and waits for its host keys.
drop ssh.service <<'EOF'
[Unit]
Requires=launch-host-keys.service
After=launch-host-keys.service
[Service]
TimeoutStartSec=infinity
EOF

drop systemd-networkd-wait-online.service <<'EOF'
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --any --ipv4 --timeout=0
EOF

for unit in rsyslog.service serial-getty@ttyS0.service cloud-init.service; do
    drop "$unit" <<'EOF'
[Unit]
Requires=launch-from-memory.service
After=launch-from-memory.service
EOF
done

# stage UNIT ARGUMENTS: the unit's stage of cloud-init is run by the process that has loaded it already
stage() {
    mkdir -p "$units/$1.d"
    cat > "$units/$1.d/standby.conf" <<EOF
[Service]
ExecStart=
ExecStart=/usr/bin/python3 -ISB /usr/local/lib/kumoniwa/launch_from_memory/stage.py $2
SyslogIdentifier=cloud-init
EOF
}
stage cloud-init.service init
stage cloud-config.service 'modules --mode=config'
stage cloud-final.service 'modules --mode=final'

# Its folder in /tmp would have one name in all guests.
drop systemd-logind.service <<'EOF'
[Service]
PrivateTmp=no
EOF

# The saved machine's journal is in its memory only. Each guest forgets it, and ends the one who holds it.
printf '[Journal]\\nStorage=volatile\\n' > /run/systemd/journald.conf.d/prepare-launch.conf
drop systemd-journald.service <<'EOF'
[Service]
SuccessExitStatus=SIGKILL
EOF
"""

_LAUNCH_SERVICE = """\
[Unit]
Description=Launch from memory: wait for an identity, and take it on

[Service]
Type=notify
RemainAfterExit=yes
WorkingDirectory=/usr/local/lib/kumoniwa
ExecStart=/usr/bin/python3 -B -m launch_from_memory
TimeoutStartSec=infinity
"""

_STANDBY_SERVICE = """\
[Unit]
Description=Launch from memory: cloud-init, loaded and standing by
ConditionPathExists=/usr/bin/cloud-init

[Service]
Type=notify
WorkingDirectory=/usr/local/lib/kumoniwa
ExecStart=/usr/bin/python3 -B -m launch_from_memory cloud-init-standby
Nice=15
"""

_HOST_KEYS_SERVICE = """\
[Unit]
Description=Launch from memory: have sshd wait for its host keys
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
WorkingDirectory=/usr/local/lib/kumoniwa
ExecStart=/usr/bin/python3 -B -m launch_from_memory hold-sshd
"""

_SSH_AFTER_CLOUD_INIT = """\
# Where the user data may say who logs in and how, nobody does before cloud-init has read it.
[Unit]
Description=Launch from memory: start sshd after cloud-init
After=launch-from-memory.service cloud-init.service
ConditionPathExists=/run/launch-from-memory/cloud-init-first

[Service]
Type=oneshot
ExecStart=/bin/systemctl --no-block restart ssh.service
"""

FILES: dict[str, str] = {
    **{f"{_HOME}/{_PROGRAM.name}/{part.name}": part.read_text() for part in sorted(_PROGRAM.glob("*.py"))},
    f"{_HOME}/prepare-launch": _PREPARE,
    "etc/systemd/system/launch-from-memory.service": _LAUNCH_SERVICE,
    "etc/systemd/system/cloud-init-standby.service": _STANDBY_SERVICE,
    "etc/systemd/system/launch-host-keys.service": _HOST_KEYS_SERVICE,
    "etc/systemd/system/ssh-after-cloud-init.service": _SSH_AFTER_CLOUD_INIT,
}

MODES: dict[str, int] = {
    f"{_HOME}/prepare-launch": 0o755,
}
