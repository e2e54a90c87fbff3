"""What the console's pages do about a connection that is lost without being closed, as after a machine's sleep."""

import os
import signal
from pathlib import Path

import pytest
from cloud_process import CloudProcess, Sdk
from console_browser import Person, new_profile
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


def test_a_server_that_hangs_is_noticed_and_found_again(browser: Browser, tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud:
        person, sdk = Person(new_profile(browser)), Sdk(cloud.environment(), tmp_path)
        person.sign_in(cloud.console_address())
        assert cloud.process is not None
        os.kill(cloud.process.pid, signal.SIGSTOP)
        lost = person.page.get_by_text("The server does not answer.")
        expect(lost.first).to_be_visible()  # a table may say so too
        os.kill(cloud.process.pid, signal.SIGCONT)
        expect(lost).to_have_count(0)
        sdk.client().run_instances(ImageId=sdk.starting_image(), InstanceType="t3.nano", MinCount=1, MaxCount=1)
        expect(person.page.get_by_text("Running", exact=True)).to_be_visible()
        person.context.close()


def test_a_page_that_was_off_line_shows_what_changed_meanwhile(browser: Browser, tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud:
        person, sdk = Person(new_profile(browser)), Sdk(cloud.environment(), tmp_path)
        person.sign_in(cloud.console_address())
        person.context.set_offline(True)
        sdk.client().run_instances(ImageId=sdk.starting_image(), InstanceType="t3.nano", MinCount=1, MaxCount=1)
        person.context.set_offline(False)
        expect(person.page.get_by_text("Running", exact=True)).to_be_visible()
        person.context.close()
