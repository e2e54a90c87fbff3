"""A person under test sits before Chromium; the server is one real process per module."""

from collections.abc import Iterator

import pytest
from cloud_fixtures import *  # noqa: F403 -- its fixtures
from cloud_process import CloudProcess
from console_browser import Person, chromium, new_profile
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from playwright.sync_api import Browser, BrowserContext


@pytest.fixture(scope="session")
def started_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def browser(started_browser: Browser) -> Iterator[Browser]:
    """A browser, of which nothing is left open after a module: an open page goes on asking its server."""
    yield started_browser
    for profile in started_browser.contexts:
        profile.close()


@pytest.fixture(scope="module")
def profile(browser: Browser, cloud: CloudProcess) -> BrowserContext:
    """A browser profile that is signed in, for the tests of a module: what was fetched once is not fetched again."""
    profile = new_profile(browser)
    first = Person(profile)
    first.sign_in(cloud.console_address())
    first.page.close()
    return profile


@pytest.fixture
def person(profile: BrowserContext) -> Iterator[Person]:
    """Somebody who is signed in; the page had nothing to complain of, the policy included."""
    person = Person(profile)
    yield person
    complaints = person.complaints
    person.page.close()
    assert complaints == []
