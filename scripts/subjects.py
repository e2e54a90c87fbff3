"""Check what new commits say: a subject of at most 72 characters, and a body that says why.

New are those after `BASE`. Where the history does not reach back to it (a shallow clone, an archive), nothing is
checked, and that is said. Merges have no body to write.
"""

import subprocess
import sys

BASE = "92deca98f0a0b290e9737e127a6ce9890af5aedd"
LONGEST = 72


def git(*words: str) -> str | None:
    """What git says; None where it refuses, or is not there."""
    try:
        ran = subprocess.run(["git", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        return None
    return ran.stdout if ran.returncode == 0 else None


def faults(subject: str, body: str) -> list[str]:
    """What is wrong with a commit's text."""
    found = []
    if len(subject) > LONGEST:
        found.append(f"its subject has {len(subject)} characters, {LONGEST} are the most")
    if not body.strip():
        found.append("it has no body that says why")
    return found


def main() -> int:
    if git("merge-base", "--is-ancestor", BASE, "HEAD") is None:
        print(f"The history here does not reach back to {BASE[:7]}: no commit is checked.")
        return 0
    log = git("log", "--no-merges", "--format=%h%x1f%s%x1f%b%x1e", f"{BASE}..HEAD") or ""
    wrong = 0
    for commit in log.split("\x1e"):
        if not commit.strip():
            continue
        name, subject, body = commit.strip("\n").split("\x1f")
        for fault in faults(subject, body):
            print(f"{name} {subject!r}: {fault}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
