"""`kumoniwa console`: the console in the user's browser, signed in.

The sign-in code never stands in a command line, which every user of the host may read: the browser is given a file that
its owner alone may read, and that file sends it on. Codes are good once, for a minute.
"""

import html
import webbrowser
from pathlib import Path

from kumoniwa.client.access import CommandFailed, find_cloud
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.terminal import remark, say
from kumoniwa.config import has_display
from kumoniwa.folder import write_private_text

_REDIRECT = "console.html"
_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>Kumoniwa</title>
<p><a href="{url}">Open the console</a></p>
"""


def open_console(data_dir: Path, *, browser: bool) -> None:
    """Open the console in a browser; print its address instead where there is none, or none is wanted."""
    access = find_cloud(data_dir)
    code = CloudClient(access).evidence("console/sign-in-codes", method="POST")["code"]
    url = f"{access.endpoint}/console/#code={code}"
    if not browser or not has_display() or is_wsl():
        say(url)
        remark("Open it within a minute. It signs in once.")
        return
    redirect = data_dir / _REDIRECT
    write_private_text(redirect, _PAGE.format(url=html.escape(url)))
    if not webbrowser.open(redirect.as_uri()):
        raise CommandFailed(
            "No browser could be opened.", way_out="Print the address instead: kumoniwa console --no-browser"
        )
    say(f"The console opens in your browser: {access.endpoint}/console/")


def is_wsl(version: Path = Path("/proc/version")) -> bool:
    """Whether this is Linux within Windows, whose browsers do not read our files."""
    return "microsoft" in version.read_text().lower()
