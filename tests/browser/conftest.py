"""A person under test sits before Chromium; the server is one real process per module."""

import random
from collections.abc import Callable, Iterator

import pytest
from aws_in_process import AwsCliInProcess
from cloud_fixtures import *  # noqa: F403 -- its fixtures
from cloud_process import AwsCli, CloudProcess
from console_browser import Person, chromium, new_profile
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from playwright.sync_api import Browser, BrowserContext

_JUDGED = 0.4  # of the tests of each run


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


@pytest.fixture(scope="module")  # type: ignore[no-redef]
def aws(aws_environment: dict[str, str]) -> AwsCli:
    """The AWS CLI, which reads a dialog's words in the tests' process; a script is run by a shell, with programs."""
    return AwsCliInProcess(aws_environment)


@pytest.fixture
def person(
    profile: BrowserContext, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[Person]:
    """Somebody who is signed in; the page had nothing to complain of, the policy included.

    In how many of the tests axe judges what is shown, the seed chooses: it takes a second of a processor each time.
    """
    option = request.config.option
    choice = random.Random(f"{option.seed} axe {request.node.nodeid}")
    person = Person(profile, judges=option.exhaustive or choice.random() < _JUDGED)
    yield person
    record_property("pages judged", person.judged)
    record_property("pages judged of", person.shown)
    complaints = person.complaints
    person.page.close()
    assert complaints == []
