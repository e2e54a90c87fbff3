"""Debian's Chromium on the console: a browser for the tests, and what a person would do in it."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloud_process import Sdk
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, expect, sync_playwright
from waiting import NotYet, eventually

_CHROMIUM = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
"""The first of them that there is. A page costs the first half: it draws no toolbar around what nobody looks at."""
_FLAGS = (
    "--no-sandbox",  # continuous integration is root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_ROOT = Path(__file__).parents[2]
_AXE = _ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_PATIENCE = 20_000  # ms: what takes a moment on a quiet machine may take many on a busy one
PAGES: list[str] = re.findall(r'page: "([a-z-]+)"', (_ROOT / "console" / "src" / "pages" / "pages.ts").read_text())
"""Every page that there is beside the dashboard, by its name in addresses."""
SCREENSHOTS = _ROOT / "build" / "console-screenshots"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, as long as the block."""
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        found = next((path for path in _CHROMIUM if Path(path).exists()), _CHROMIUM[-1])
        browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield browser
        browser.close()


def new_profile(browser: Browser, *, dark: bool = False, language: str = "en-US") -> BrowserContext:
    """A browser profile of its own, as somebody has it who never was here."""
    profile = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme="dark" if dark else "light",
        locale=language,
        timezone_id="UTC",
        reduced_motion="reduce",  # nothing is judged, or taken a picture of, while it fades in
    )
    profile.set_default_timeout(_PATIENCE)
    return profile


Pages = Mapping[str, tuple[str, str]]
"""By name: where a page is, and a text that it shows."""


class Person:
    """Somebody before a page of the console. What the page complains of is `complaints`."""

    def __init__(self, profile: BrowserContext, *, judges: bool = True) -> None:
        """`judges`: whether axe judges the pages in this run."""
        self.context = profile
        self._judges = judges
        self.shown = self.judged = 0
        self.page: Page = profile.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _said(self, said: ConsoleMessage) -> None:
        is_refusal = said.text.startswith("Failed to load resource")  # Chromium's word on each answer that is not 2xx
        if said.type == "error" and not is_refusal:
            self.complaints.append(said.text)

    def sign_in(self, url: str) -> None:
        """Open the address that `kumoniwa console --no-browser` printed."""
        self.page.goto(url)
        expect(self.page.get_by_role("heading", name="Dashboard")).to_be_visible()

    def visit(self, endpoint: str, place: str) -> None:
        """Go to a page: `us-east-1/instances`."""
        self.page.goto(f"{endpoint}/console/#/{place}")

    def choose(self, menu: str, *items: str) -> None:
        """An item of a menu above the page's content, by way of its submenus."""
        self.menu(menu).click()
        for item in items:
            self.page.get_by_role("menuitem", name=item, exact=True).click()

    def menu(self, name: str) -> Locator:
        """A menu above the page's content: columns, and what sorts and resizes them, may have the same name."""
        return self.page.locator("main button[aria-haspopup=true]").filter(has_text=re.compile(f"^{re.escape(name)}$"))

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.get_by_role("dialog").filter(visible=True)

    def row(self, name: str) -> Locator:
        """A row of the page's table."""
        return self.page.locator("tbody tr").filter(has_text=name)

    def select(self, name: str) -> None:
        """Select a row, and no other one."""
        for box in self.page.locator("tbody input[type=checkbox]:checked").all():
            box.set_checked(False, force=True)
        self.check(self.row(name).locator("input[type=checkbox]"))

    def check(self, box: Locator) -> None:
        """Check a box, or a radio button. It lies below what is drawn in its place, so nobody waits until it stands
        still, and it may have moved when it is clicked."""

        def checked() -> bool:
            try:
                box.set_checked(True, force=True)
            except Error as moved:
                raise NotYet(str(moved)) from moved
            return True

        eventually(checked, within=10)

    def violations(self) -> list[str]:
        """What axe finds on the page as it is now; nothing where it is not asked in this run."""
        self.shown += 1
        if not self._judges:
            return []
        self.judged += 1
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE.read_text())
        options = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"], "preload": False}
        where = "[role=dialog]" if self.dialog.count() else "html"  # nobody reaches what is below a dialog
        found: list[dict[str, Any]] = json.loads(
            self.page.evaluate(
                "async ([where, options]) => JSON.stringify((await axe.run(where, options)).violations)",
                [where, options],
            )
        )
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]

    def fits(self) -> None:
        """The page is not wider than its window, once its components have laid themselves out anew."""
        fits = "document.documentElement.scrollWidth <= innerWidth"
        eventually(lambda: bool(self.page.evaluate(fits)), within=10, every=0.1)

    def see_in_japanese(self, endpoint: str, pages: Pages) -> None:
        """Each page shows its text, loads nothing any more, and hinders nobody. There is a picture of each."""
        main = self.page.locator("main")
        for name, (place, shown) in pages.items():
            self.visit(endpoint, place)
            expect(main.get_by_text(shown, exact=True).filter(visible=True).first).to_be_visible()
            expect(main.get_by_text("読み込み中")).to_have_count(0)
            self.picture(f"{name}-dark-ja")
            assert self.violations() == [], name

    def see_narrow(self, endpoint: str, pages: Pages) -> None:
        """Each page fits its window."""
        for place, _ in pages.values():
            self.visit(endpoint, place)
            expect(self.page.get_by_role("heading", level=1)).to_be_visible()
            self.fits()

    def picture(self, name: str) -> None:
        """A screenshot for whoever wants to look."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def launch(sdk: Sdk, name: str, **more: Any) -> str:
    """An instance that runs and is reachable."""
    client = sdk.client()
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    asked = {"ImageId": sdk.starting_image(), "InstanceType": "t3.micro", "TagSpecifications": tags, **more}
    launched = client.run_instances(MinCount=1, MaxCount=1, **asked)
    instance_id = str(launched["Instances"][0]["InstanceId"])
    client.get_waiter("instance_status_ok").wait(InstanceIds=[instance_id])
    return instance_id
