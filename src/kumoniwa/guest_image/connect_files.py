"""EC2 Instance Connect in the guest: sshd asks the metadata service for the keys that were sent a moment ago."""

_PATH = "usr/local/lib/kumoniwa/instance-connect-keys"

_SSHD = f"""\
# Asked after the user's own files, and only where no key of those fits.
AuthorizedKeysCommand /{_PATH} %u
AuthorizedKeysCommandUser nobody
"""

_KEYS = """\
#!/bin/sh
# The keys of EC2 Instance Connect that are valid now for a user. Without an answer there are none, and sshd goes on.
imds=http://169.254.169.254/latest
token=$(curl -sf -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 10' "$imds/api/token") || exit 0
curl -sf -m 3 -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/managed-ssh-keys/active-keys/$1" || exit 0
"""

FILES: dict[str, str] = {
    "etc/ssh/sshd_config.d/20-instance-connect.conf": _SSHD,
    _PATH: _KEYS,
}

MODES: dict[str, int] = {_PATH: 0o755}
