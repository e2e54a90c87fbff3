"""Run other projects' tests against Kumoniwa, and compare how they end with what is judged.

`scripts/foreign-suites` runs this.
"""

import argparse
import json
import sys
from dataclasses import asdict

import moto_suite
import tempest_suite
from suites_page import DOCUMENT, counts, document, keep, kept_counts
from verdicts import compare, judgements

_OPENSTACK = "ec2api"
_RESULTS = moto_suite.ROOT / "build" / "foreign" / "results.json"


def main() -> int:
    """The exit status: 0 where each test passed or is judged, as it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="only these of moto's files, such as test_key_pairs, or ec2api alone")
    parser.add_argument("--at-once", type=int, default=2, help="in so many processes [2]")
    parser.add_argument("--update", action="store_true", help="keep the counts, and write docs/foreign-suites.md")
    chosen = parser.parse_args()
    judged = judgements()
    of_moto = [name for name in chosen.files or moto_suite.files() if name != _OPENSTACK]
    ran = moto_suite.run(of_moto, chosen.at_once) if of_moto else []
    if not chosen.files or _OPENSTACK in chosen.files:
        ran += tempest_suite.run()
    _RESULTS.write_text(json.dumps([asdict(one) for one in ran], indent=1))
    compared = compare(ran, judged)
    complaints = compared.unjudged + compared.stale
    of_files = kept_counts() | counts(ran, judged)
    if chosen.update:
        keep(of_files if chosen.files else counts(ran, judged))
        DOCUMENT.write_text(document(judged, kept_counts()))
    elif of_files != kept_counts():
        complaints.append("counts differ from those in docs/foreign-suites.md: run again with --update")
    print(*complaints, sep="\n")
    print(f"{len(ran)} tests, {sum(one.outcome == 'passed' for one in ran)} passed, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
