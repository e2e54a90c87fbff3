"""How the browser console gets on with a thousand instances: first rows, changes from outside, and what they cost.

    python benchmarks/console.py [--instances 1000] [--json figures.json]

A real server with simulated guests, and Debian's Chromium on its console (`/usr/bin/chromium`, by playwright). There is
no peer beside which it could run here. So compare two versions of this one on the same machine; where that is busy,
look at the processor times beside the times.

Times of a change are from the moment at which its call is sent until the table's row is painted.
"""

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from callers import Caller, Signer, until_answered
from playwright.sync_api import BrowserContext, CDPSession, Page, Request, sync_playwright
from processes import Server, free_port, server

CHROMIUM = "/usr/bin/chromium"
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
_REGION = "us-east-1"
_LAUNCHED_AT_ONCE = 100
_CHANGES = 12
_STORM_SECONDS = 10
_STORM_RATE = 20  # changes in a second
_PATIENCE = 60_000  # ms
_LISTING = "DescribeInstances"
_FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_ROWS = "tbody a[href*='/instances/i-']"

_WATCH = """
() => {
  window.longTasks = [];
  new PerformanceObserver(list => list.getEntries().forEach(entry => longTasks.push(entry.duration)))
    .observe({ type: "longtask", buffered: true });
  // When a text is first painted in the table, by this machine's clock.
  window.seen = {};
  window.wanted = new Set();
  const look = () => {
    for (const text of wanted) {
      if ([...document.querySelectorAll("tbody td")].some(cell => cell.textContent === text)) {
        wanted.delete(text);
        requestAnimationFrame(() => setTimeout(() => (seen[text] = Date.now())));
      }
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""


@dataclass
class Figures:
    """What was measured, in order."""

    values: list[tuple[str, float, str]] = field(default_factory=list)

    def add(self, what: str, value: float, unit: str) -> None:
        self.values.append((what, value, unit))

    def add_times(self, what: str, seconds: Sequence[float]) -> None:
        self.add(f"{what}, median of {len(seconds)}", 1000 * statistics.median(seconds), "ms")
        self.add("… longest", 1000 * max(seconds), "ms")


class Outside:
    """Another program that changes instances."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def call(self, action: str, **parameters: object) -> bytes:
        caller = Caller(self.signer.endpoint)  # a connection on which nothing is asked for long would be closed
        try:
            return caller.send(self.signer.sign(action, **parameters))
        finally:
            caller.close()

    def rename(self, instance: str, name: str) -> None:
        self.call("CreateTags", ResourceId_1=instance, Tag_1_Key="Name", Tag_1_Value=name)

    def instances(self) -> list[str]:
        """Every instance, those that were named first at the front."""
        told = self.call(_LISTING).split(b"<instanceId>")[1:]
        return sorted({part.partition(b"<")[0].decode() for part in told})


@dataclass(frozen=True, slots=True)
class Cloud:
    """A server with its instances: `ids` are in the order of their names."""

    server: Server
    folder: Path
    endpoint: str
    outside: Outside
    ids: list[str]

    def sign_in_address(self) -> str:
        command = [sys.executable, "-m", "kumoniwa", "console", "--no-browser", "--data-dir", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


class Shown:
    """One page of the console, and what it asks the server for."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        context.set_default_timeout(_PATIENCE)
        self.page: Page = context.new_page()
        self._session: CDPSession = context.new_cdp_session(self.page)
        self.reads: list[float] = []  # when the listing was asked for
        self.asked: Counter[str] = Counter()
        self.page.on("request", self._requested)

    def _requested(self, request: Request) -> None:
        if request.url.endswith("/console/api/call"):
            action = str(json.loads(request.post_data or "{}").get("action"))
            self.asked[action] += 1
            if action == _LISTING:
                self.reads.append(time.monotonic())

    def until_shown(self, begin: Callable[[], object], selector: str) -> float:
        """Seconds until this is there, from the moment before something is begun."""
        begun = time.perf_counter()
        begin()
        self.page.locator(selector).first.wait_for()
        return time.perf_counter() - begun

    def until_painted(self, text: str, change: Callable[[], object]) -> float:
        """Seconds until a cell of the table has this text, from the moment before the change."""
        self.page.evaluate("text => wanted.add(text)", text)
        begun = time.time()
        change()
        self.page.wait_for_function("text => seen[text]", arg=text)
        return float(self.page.evaluate("text => seen[text]", text)) / 1000 - begun

    def heap(self) -> float:
        """What its scripts keep, in MB, once the garbage is gone."""
        self._session.send("HeapProfiler.collectGarbage")
        self._session.send("Performance.enable")
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")) / 1e6

    def busy(self) -> float:
        """Seconds of the page's main thread since it was opened."""
        self._session.send("Performance.enable")
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))

    def long_tasks(self) -> list[float]:
        """The lengths in ms of what held the main thread for more than 50, since this was asked last."""
        told: list[float] = self.page.evaluate("() => longTasks.splice(0)")
        return told


def prepare(started: Server, folder: Path, endpoint: str, count: int) -> Cloud:
    """Launch instances by the hundred, give each a name, and wait until all have booted."""

    def ask() -> bytes:
        return Outside(Signer(endpoint, *_key(folder), _REGION)).call("DescribeImages")

    image = until_answered(ask, started.alive, time.sleep).partition(b"<imageId>")[2].partition(b"<")[0].decode()
    outside = Outside(Signer(endpoint, *_key(folder), _REGION))
    for _ in range(count // _LAUNCHED_AT_ONCE):
        size = {"MinCount": _LAUNCHED_AT_ONCE, "MaxCount": _LAUNCHED_AT_ONCE}
        outside.call("RunInstances", ImageId=image, InstanceType="t3.micro", **size)
    ids = outside.instances()
    for number, instance in enumerate(ids):
        outside.rename(instance, f"web-{number:04}")
    _until_reachable(outside, len(ids))
    return Cloud(started, folder, endpoint, outside, ids)


def _key(folder: Path) -> tuple[str, str]:
    key = json.loads((folder / "credentials.json").read_text())
    return key["access_key_id"], key["secret_access_key"]


def _until_reachable(outside: Outside, count: int) -> None:
    """Wait until every guest has booted: a machine may be so busy that the server seems to have nothing to do."""
    ok = {"Filter_1_Name": "instance-status.status", "Filter_1_Value_1": "ok"}
    while outside.call("DescribeInstanceStatus", **ok).count(b"<instanceId>") < count:
        time.sleep(1.0)


def measure_opening(figures: Figures, cloud: Cloud, shown: Shown) -> None:
    """Sign in with an empty cache, go to the instances, then load that page anew."""
    address = cloud.sign_in_address()
    figure = "main a[href='#/us-east-1/instances']"
    signing_in = shown.until_shown(lambda: shown.page.goto(address, wait_until="commit"), figure)
    shown.page.wait_for_function(_FIRST_PAINT)
    paint = shown.page.evaluate(_FIRST_PAINT)
    figures.add("first contentful paint, nothing cached", paint, "ms")
    figures.add("dashboard after sign-in, nothing cached", 1000 * signing_in, "ms")
    shown.page.get_by_text("Running", exact=True).wait_for()
    figures.add("transferred until then", _transferred(shown.page) / 1000, "kB")
    opening = shown.until_shown(lambda: shown.page.locator(figure).first.click(), _ROWS)
    figures.add("first rows after a click there", 1000 * opening, "ms")
    figures.add("transferred in all", _transferred(shown.page) / 1000, "kB")
    again = [shown.until_shown(shown.page.reload, _ROWS) for _ in range(3)]
    figures.add_times("first rows of a page that is loaded anew", again)


def _transferred(page: Page) -> float:
    """Bytes of the console's own files, compressed as they came."""
    told: float = page.evaluate(
        "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".filter(entry => !entry.name.includes('/api/')).reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    return told


def measure_changes(figures: Figures, cloud: Cloud, shown: Shown) -> None:
    """Changes from outside, one after another, with time between them."""
    drawn = random.Random(1)
    shown.page.evaluate(_WATCH)
    renames, stops = [], []
    before = cloud.server.cpu_seconds(), shown.busy()
    for number in range(_CHANGES):
        shown.page.wait_for_timeout(drawn.uniform(1200, 1800))
        instance = cloud.ids[number]
        name = f"aaa-{number}"
        renames.append(shown.until_painted(name, partial(cloud.outside.rename, instance, name)))
    after = cloud.server.cpu_seconds(), shown.busy()
    figures.add_times("CreateTags until it is painted", renames)
    figures.add("… processor time of the server", 1000 * (after[0] - before[0]) / _CHANGES, "ms")
    figures.add("… of the page's main thread", 1000 * (after[1] - before[1]) / _CHANGES, "ms")
    figures.add("… its longest task", max(shown.long_tasks(), default=0), "ms")
    for number in range(_CHANGES):
        shown.page.wait_for_timeout(drawn.uniform(3000, 3600))  # what followed of the last one is over
        instance = cloud.ids[number]
        shown.page.evaluate(
            """name => { const row = [...document.querySelectorAll("tbody tr")].find(r => r.textContent.includes(name));
               window.stopping = 0;
               new MutationObserver((_, observer) => { if (!/Stopping|Stopped/.test(row.textContent)) return;
                 observer.disconnect(); requestAnimationFrame(() => setTimeout(() => (window.stopping = Date.now())));
               }).observe(row, { subtree: true, childList: true, characterData: true }); }""",
            f"aaa-{number}",
        )
        begun = time.time()
        cloud.outside.call("StopInstances", InstanceId_1=instance)
        shown.page.wait_for_function("() => window.stopping")
        stops.append(shown.page.evaluate("() => window.stopping") / 1000 - begun)
    figures.add_times("StopInstances until it is painted", stops)
    shown.long_tasks()


def measure_storm(figures: Figures, cloud: Cloud, shown: Shown) -> None:
    """Many changes a second, of instances all over the listing, first with no page open and then with this one."""
    shown.page.goto("about:blank")
    quiet = _storm(cloud, shown, [])
    shown.page.goto(f"{cloud.endpoint}/console/#/{_REGION}/instances")
    shown.page.locator(_ROWS).first.wait_for()
    shown.page.wait_for_timeout(1500)
    shown.page.evaluate(_WATCH)
    shown.page.wait_for_timeout(500)
    shown.long_tasks()
    shown.reads.clear()
    busy, seen = shown.busy(), list[float]()
    watched = _storm(cloud, shown, seen)
    busy, reads, tasks = shown.busy() - busy, shown.reads, shown.long_tasks()
    closest = min((after - before for before, after in itertools.pairwise(reads)), default=0)
    what = f"{_STORM_RATE} changes a second"
    figures.add_times(f"{what}: a rename until it is painted", seen)
    figures.add("… reads of the listing", len(reads) / watched.seconds, "/s")
    figures.add("… the shortest time between two", 1000 * closest, "ms")
    figures.add("… main thread busy", 100 * busy / watched.seconds, "%")
    figures.add("… in tasks longer than 50 ms", sum(tasks) / watched.seconds / 10, "%")
    figures.add("… the longest", max(tasks, default=0), "ms")
    figures.add("… server: a change, with no page open", 1000 * quiet.cpu / quiet.changes, "ms")
    figures.add("… server: a change, with this page", 1000 * watched.cpu / watched.changes, "ms")


@dataclass(frozen=True, slots=True)
class Storm:
    seconds: float
    changes: int
    cpu: float


def _storm(cloud: Cloud, shown: Shown, seen: list[float]) -> Storm:
    """Rename instances for some seconds. Where the page shows the table, one rename a second is waited for."""
    over, changes = threading.Event(), [0]

    def rage() -> None:
        outside, drawn = Outside(cloud.outside.signer), random.Random(2)
        while not over.wait(1 / _STORM_RATE):
            outside.rename(drawn.choice(cloud.ids[100:]), f"web-{drawn.randrange(100, 1000):04}-renamed")
            changes[0] += 1

    thread = threading.Thread(target=rage)
    cpu, begun = cloud.server.cpu_seconds(), time.monotonic()
    thread.start()
    try:
        while (left := begun + _STORM_SECONDS - time.monotonic()) > 0:
            if shown.page.url == "about:blank":
                shown.page.wait_for_timeout(1000 * left)
            else:
                name = f"aaa-storm-{len(seen)}"
                seen.append(shown.until_painted(name, partial(cloud.outside.rename, cloud.ids[0], name)))
                shown.page.wait_for_timeout(random.uniform(100, 900))
        seconds = time.monotonic() - begun
    finally:
        over.set()
        thread.join()
    return Storm(seconds, changes[0] + len(seen), cloud.server.cpu_seconds() - cpu)


def measure(count: int, folder: Path) -> Figures:
    figures, port = Figures(), free_port()
    command = [sys.executable, "-m", "kumoniwa", "serve", "--driver", "simulated", "--port", str(port)]
    with (
        server([*command, "--data-dir", str(folder / "cloud")], folder / "log") as started,
        sync_playwright() as playwright,
    ):
        cloud = prepare(started, folder / "cloud", f"http://127.0.0.1:{port}", count)
        with playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS)) as browser:
            shown = Shown(browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US"))
            measure_opening(figures, cloud, shown)
            measure_changes(figures, cloud, shown)
            figures.add("JS heap", shown.heap(), "MB")
            measure_storm(figures, cloud, shown)
            figures.add("JS heap afterwards", shown.heap(), "MB")
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--instances", type=int, default=1000, help="how many are launched, a multiple of 100")
    arguments.add_argument("--json", type=Path, help="write the figures there")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="kumoniwa-benchmark-") as folder:
        figures = measure(asked.instances, Path(folder))
    for what, value, unit in figures.values:
        print(f"{what:<62} {_shown(value):>8} {unit}")
    print("There is no peer here to compare with: compare with another version of this one.")
    if asked.json:
        asked.json.write_text(json.dumps(figures.values, indent=2))


def _shown(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


if __name__ == "__main__":
    main()
