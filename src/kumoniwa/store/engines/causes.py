"""What a failure came of, and its name for the rest of Kumoniwa."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kumoniwa.store.database import DatabaseUnavailable


def causes_of(failure: BaseException) -> Iterator[BaseException]:
    """The failure itself, and all that it was raised from, for, or as another library's name of."""
    causes, looked_at = [failure], set[int]()
    while causes:
        cause = causes.pop()
        looked_at.add(id(cause))
        yield cause
        deeper = (getattr(cause, "orig", None), cause.__cause__, cause.__context__)
        causes += [one for one in deeper if isinstance(one, BaseException) and id(one) not in looked_at]


@contextmanager
def named_failures(kind: type[Exception], unavailable: Callable[[BaseException], str | None]) -> Iterator[None]:
    """A driver's errors, which are of this kind, as SQLAlchemy's, and as `DatabaseUnavailable` those that are for now:
    of these `unavailable` gives the reason."""
    try:
        yield
    except DatabaseUnavailable:
        raise
    except (SQLAlchemyError, kind) as failure:
        if (reason := unavailable(failure)) is not None:
            raise DatabaseUnavailable(reason) from failure
        if isinstance(failure, kind):
            raise DBAPIError.instance(None, None, failure, kind) from failure
        raise
