"""`mock_aws`: the cloud of a test as a decorator or a context manager, as those who come from moto write it."""

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal, TypeVar, overload

from kumoniwa.config import DEFAULT_REGION
from kumoniwa.testing.cloud import Kumoniwa, cloud_for_a_test

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Mock:
    """What `mock_aws()` gives. Within another one it is that one's cloud, and begins nothing anew."""

    _depth = 0
    _outermost: "AbstractContextManager[Kumoniwa] | None" = None
    _cloud: Kumoniwa | None = None

    def __init__(self, driver: str, region: str) -> None:
        self._driver, self._region = driver, region

    def __enter__(self) -> Kumoniwa:
        return self.start()

    def __exit__(self, *_: object) -> Literal[False]:
        self.stop()
        return False

    def start(self) -> Kumoniwa:
        """Have a cloud until `stop`."""
        if Mock._cloud is None:
            Mock._outermost = cloud_for_a_test(self._driver, self._region)
            Mock._cloud = Mock._outermost.__enter__()
        Mock._depth += 1
        return Mock._cloud

    def stop(self) -> None:
        """Let go of it. Raises `RuntimeError` where it was not started."""
        if Mock._outermost is None:
            raise RuntimeError("mock_aws was stopped and had not been started")
        Mock._depth -= 1
        if not Mock._depth:
            outermost, Mock._outermost, Mock._cloud = Mock._outermost, None, None
            outermost.__exit__(None, None, None)

    @overload
    def __call__(self, decorated: type) -> type: ...
    @overload
    def __call__(self, decorated: Decorated) -> Decorated: ...
    def __call__(self, decorated: Any) -> Any:
        """Decorate a function, a coroutine function, or a class: each of its tests has a cloud of its own."""
        if isinstance(decorated, type):
            return self._class(decorated)
        if inspect.iscoroutinefunction(decorated):

            @functools.wraps(decorated)
            async def in_cloud_async(*given: Any, **named: Any) -> Any:
                with self:
                    return await decorated(*given, **named)

            return in_cloud_async

        @functools.wraps(decorated)
        def in_cloud(*given: Any, **named: Any) -> Any:
            with self:
                return decorated(*given, **named)

        return in_cloud

    def _class(self, decorated: type) -> type:
        """unittest's: from before `setUp` until the clean-ups are done. Others': each method whose name begins with
        `test`."""
        if hasattr(decorated, "addCleanup"):
            set_up = decorated.setUp  # type: ignore[attr-defined]

            @functools.wraps(set_up)
            def set_up_in_cloud(test: Any) -> None:
                self.start()
                test.addCleanup(self.stop)
                set_up(test)

            decorated.setUp = set_up_in_cloud  # type: ignore[attr-defined]
            return decorated
        for name, method in list(vars(decorated).items()):
            if name.startswith("test") and inspect.isfunction(method):
                setattr(decorated, name, self(method))
        return decorated


@overload
def mock_aws(decorated: type) -> type: ...
@overload
def mock_aws(decorated: Decorated) -> Decorated: ...
@overload
def mock_aws(*, driver: str = ..., region: str = ...) -> Mock: ...
def mock_aws(decorated: Any = None, *, driver: str = "simulated", region: str = DEFAULT_REGION) -> Any:
    """A new cloud, to which the environment points: `@mock_aws`, `@mock_aws()` or `with mock_aws() as cloud:`.

    Clients have to be made within it, or after it was begun once. Raises `CannotBeHad` when it begins.
    """
    mock = Mock(driver, region)
    return mock if decorated is None else mock(decorated)
