"""What a failure came of."""

from collections.abc import Iterator


def causes_of(failure: BaseException) -> Iterator[BaseException]:
    """The failure itself, and all that it was raised from, for, or as another library's name of."""
    causes, looked_at = [failure], set[int]()
    while causes:
        cause = causes.pop()
        looked_at.add(id(cause))
        yield cause
        deeper = (getattr(cause, "orig", None), cause.__cause__, cause.__context__)
        causes += [one for one in deeper if isinstance(one, BaseException) and id(one) not in looked_at]
