"""Signatures over a real connection: made as botocore makes them, then bent in one place each."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from cloud_process import CloudProcess

pytestmark = pytest.mark.clients

_ASKED = {"Action": "DescribeVpcs", "Version": "2016-11-15"}


class _Signer:
    """Signs for a cloud, at whatever moment."""

    def __init__(self, told: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.key = Credentials(told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"])
        self._endpoint = told["AWS_ENDPOINT_URL"]
        self._region = told["AWS_REGION"]
        self._patch = monkeypatch

    def post(self, *, age: timedelta = timedelta(0)) -> AWSPreparedRequest:
        request = AWSRequest("POST", self._endpoint + "/", data=urlencode(_ASKED))
        request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        return self._signed(request, SigV4Auth(self.key, "ec2", self._region), age)

    def get(self) -> AWSPreparedRequest:
        request = AWSRequest("GET", self._endpoint + "/", params=_ASKED)
        return self._signed(request, SigV4Auth(self.key, "ec2", self._region), timedelta(0))

    def presigned(self, *, expires: int, age: timedelta = timedelta(0)) -> AWSPreparedRequest:
        request = AWSRequest("GET", f"{self._endpoint}/?{urlencode(_ASKED)}")
        return self._signed(request, SigV4QueryAuth(self.key, "ec2", self._region, expires=expires), age)

    def _signed(self, request: AWSRequest, auth: SigV4Auth, age: timedelta) -> AWSPreparedRequest:
        moment = datetime.now(UTC) - age
        with self._patch.context() as patch:
            patch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment)
            auth.add_auth(request)
        return request.prepare()


@pytest.fixture
def signer(cloud: CloudProcess, monkeypatch: pytest.MonkeyPatch) -> _Signer:
    return _Signer(cloud.environment(), monkeypatch)


def _answer(request: AWSPreparedRequest) -> tuple[int, str]:
    """The status, and the name of the answer's root or the error's code."""
    answer = URLLib3Session().send(request)
    root = ElementTree.fromstring(answer.content)
    code = root.findtext(".//Code")
    return answer.status_code, code or root.tag.partition("}")[2]


_GRANTED = (200, "DescribeVpcsResponse")
_WRONG = (401, "AuthFailure")
_EXPIRED = (400, "RequestExpired")


def test_post_and_get_forms_are_answered_alike(signer: _Signer) -> None:
    assert _answer(signer.post()) == _GRANTED
    assert _answer(signer.get()) == _GRANTED
    assert _answer(signer.presigned(expires=60)) == _GRANTED


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_may_be_some_minutes_wrong(signer: _Signer, minutes: int) -> None:
    assert _answer(signer.post(age=timedelta(minutes=minutes))) == _GRANTED


@pytest.mark.parametrize("minutes", [-16, 16, 24 * 60])
def test_a_clock_that_is_far_off_is_refused(signer: _Signer, minutes: int) -> None:
    assert _answer(signer.post(age=timedelta(minutes=minutes))) == _EXPIRED


def test_a_presigned_url_ends_when_it_says(signer: _Signer) -> None:
    assert _answer(signer.presigned(expires=60, age=timedelta(seconds=50))) == _GRANTED
    assert _answer(signer.presigned(expires=60, age=timedelta(seconds=70))) == _EXPIRED


def test_what_was_changed_on_the_way_is_refused(signer: _Signer) -> None:
    body = signer.post()
    assert isinstance(body.body, str)
    body.body = body.body.replace("DescribeVpcs", "DescribeTags")
    assert _answer(body) == _WRONG
    query = signer.presigned(expires=60)
    query.url = query.url.replace("X-Amz-Expires=60", "X-Amz-Expires=600")
    assert _answer(query) == _WRONG


def test_a_wrong_secret_is_refused(signer: _Signer) -> None:
    signer.key = Credentials(signer.key.access_key, "a guess")
    assert _answer(signer.post()) == _WRONG
    assert _answer(signer.presigned(expires=60)) == _WRONG


def test_no_signature_at_all_is_refused(signer: _Signer) -> None:
    request = signer.post()
    del request.headers["Authorization"]
    status, code = _answer(request)
    assert (status, code) == (403, "MissingAuthenticationToken")


def test_a_page_in_a_browser_that_was_sent_here_by_another_name_is_refused(signer: _Signer) -> None:
    """DNS rebinding: the name in Host is the attacker's, the address is ours."""
    request = signer.post()
    request.headers["Host"] = "attacker.example"
    status, _ = _answer(request)
    assert 400 <= status < 500
