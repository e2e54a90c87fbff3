"""Version 2 of the AWS CLI: each command runs in a copy of this process, which has read the models.

A line of standard input is the words of a command, in JSON. The line that answers has its exit status, what it
printed, and what it complained of.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from awscli.clidriver import AWSCLIEntryPoint, __version__, create_clidriver
from botocore.loaders import Loader, create_loader


def main() -> None:
    models = create_loader(os.environ["AWS_DATA_PATH"])
    models.load_service_model("ec2", "service-2")
    with TemporaryDirectory() as kept:
        print(json.dumps(__version__), flush=True)
        for line in sys.stdin:
            print(json.dumps(ran(json.loads(line), models, Path(kept))), flush=True)


def ran(words: list[str], models: Loader, kept: Path) -> tuple[int, str, str]:
    out, err = kept / "out", kept / "err"
    child = os.fork()
    if child == 0:
        for stream, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        driver = create_clidriver(words)
        driver.session.register_component("data_loader", models)
        status = AWSCLIEntryPoint(driver).main(words)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended), out.read_text(), err.read_text()


main()
