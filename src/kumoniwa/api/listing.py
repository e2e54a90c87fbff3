"""What every Describe… action has in common: ids, filters, tags, order, pages.

An action declares a `Listing` and writes one function that makes a row of its answer. The order of checks is the same
everywhere: the form of ids, the size of a page, whether each id was found, filters, the page's token. A listing that
has `MaxResults` has limits for it, and a list that is empty is in the answer all the same.

A listing that can grow with the cloud has a `Selection`: then the database finds, orders and pages the items, and only
those of the page are read. A filter that the database cannot compare is tried on items, page by page.

A page's `NextToken` holds the key of the last item seen, not a position: rows may come and go between two pages, and
what stays is seen exactly once. It is good for the same request only (account, region, action, parameters; of tags, as
on EC2, whatever the filters are).
"""

import base64
import binascii
import dataclasses
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from operator import attrgetter
from typing import Any, Generic, Protocol

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.filters import T, Tags, Values, filters_of, matching, passing, texts
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.store.selection import CHUNK, Condition, NoKey, Selection
from kumoniwa.store.tags import tags_of
from kumoniwa.values import dataclass

_DIGEST_BYTES = 12
_AT_LEAST = 100  # items are read at once where filters are tried on them: few of them may pass
_SELECTED = frozenset({"Filters", "MaxResults", "NextToken"})
_PAGING = frozenset({"MaxResults", "NextToken", "DryRun"})

# EC2's three refusals of a page of resources that are named: which one is used differs by action (`Listing.whole`).
NOT_PAGED = "The parameter {} cannot be used with the parameter maxResults"
NOT_PAGED_CAPITAL = "The parameter {} cannot be used with the parameter MaxResults"
NOT_PAGED_QUOTED = "The parameter '{}' may not be used in combination with 'maxResults'."


class Kind(Protocol):
    """A kind of resource, as far as listing it needs: its refusals, and how tags name it."""

    @property
    def resource_type(self) -> str: ...

    def check_form(self, ids: Collection[str], parameter: str = "") -> None: ...

    def check_all_found(self, asked: Collection[str] | None, found: Collection[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a listing, as the readers of its items see it. `ids` is None where it asks for all there are."""

    cloud: Cloud
    call: Call
    parameters: Parameters
    ids: Sequence[str] | None


Work = Callable[[Connection], Answer]


async def _as_it_is(cloud: Cloud, _call: Call, work: Work) -> Answer:
    return await cloud.read(work)


def _invalid_token(token: str) -> Ec2Error:
    return InvalidParameterValue(f"Value ( {token[:200]} ) for parameter NextToken is invalid. The token is invalid.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing(Generic[T]):
    """How one Describe action lists items of type T."""

    member: str
    """The member of the answer that holds the rows."""
    read: Callable[[Connection, Asked], Iterable[T]]
    """The items that may be shown: of the caller's scope; only those with the ids asked for, where ids are given."""
    row: Callable[[T, Mapping[str, str]], Mapping[str, Any]]
    """An item with its tags, under EC2's member names."""
    key: Callable[[T], str]
    """The order of the rows. Unique, and of what does not change, for tokens hold it."""
    filters: Mapping[str, Values[T]] = field(default_factory=dict)
    """By filter name, the values of an item."""
    limits: tuple[int, int] | None = None
    """The least and greatest `MaxResults`; None where the action has no such parameter."""
    usual_page: int | None = None
    """How many rows a page has where the request does not say; None: all of them."""
    kind: Kind | None = None
    ids: str = ""
    """The parameter with the ids asked for, which are of `kind`."""
    ids_named: str = ""
    """How EC2's refusal of a malformed id names that parameter, where it is not as usual for the kind."""
    whole: Mapping[str, str] = field(default_factory=dict)
    """Parameters that cannot be given with `MaxResults`, each with EC2's refusal:
    `{"InstanceIds": NOT_PAGED.format("instancesSet")}`."""
    invalid_token: Callable[[str], Ec2Error] = _invalid_token
    """EC2's refusal of a `NextToken` that is none of this request's."""
    of_any_filters: bool = False
    """Whether EC2 takes a `NextToken` beside other filters than those of the page before."""
    selection: Selection | None = None
    """How the database finds and orders the items, where it does; of each it gives the id, or what `of_rows` takes.
    Then `read` need not show all that it is asked for, but finds all that the selection shows."""
    of_rows: Callable[[Sequence[tuple[Any, ...]]], list[T]] | None = None
    """The items, where those rows hold all of them."""
    also: Callable[[Asked], Sequence[Condition]] = lambda _: ()
    """What a request asks for by other parameters than filters, where the database can tell."""
    check: Callable[[Asked], object] = lambda _: None
    """Raises EC2's refusals of the action's own parameters."""
    id_of: Callable[[T], str] = attrgetter("id")
    """The id of an item, by which its tags are found."""
    read_checks_ids: bool = False
    """Whether `read` itself refuses ids that it does not find: where some that exist are not shown."""
    tagged: bool = False
    """Whether items have tags, as resources of `kind`'s type."""
    own_tags: Tags[T] | None = None
    """The tags that items bring along, instead."""
    view: Callable[[Cloud, Call, Work], Awaitable[Answer]] = _as_it_is
    """On which view of the state items are read."""

    async def answer(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """The page that a request asks for. Raises EC2's refusals."""
        ids: Sequence[str] | None = (parameters.get(self.ids) or None) if self.ids else None
        if self.kind is not None:
            self.kind.check_form(ids or (), self.ids_named)
        check_page_size(parameters, self.limits, self.whole)
        if self.usual_page is not None and parameters.get("MaxResults") is None:
            parameters = {**parameters, "MaxResults": self.usual_page}
        asked = Asked(cloud, call, parameters, ids)
        return await self.view(cloud, call, lambda connection: self._answer(connection, asked))

    def _answer(self, connection: Connection, asked: Asked) -> Answer:
        self.check(asked)
        if self.selection is not None and asked.ids is None and not _SELECTED.isdisjoint(asked.parameters):
            shown, token = self._selected(connection, asked, self.selection)
            tags = self._tags(connection, replace(asked, ids=()), shown)
        else:
            shown, tags, token = self._found(connection, asked)
        answer: dict[str, Any] = {self.member: [self.row(item, tags(item)) for item in shown]}
        return answer if token is None else {**answer, "NextToken": token}

    def _found(self, connection: Connection, asked: Asked) -> tuple[list[T], Tags[T], str | None]:
        """All items are read, and those shown that pass."""
        items = list(self.read(connection, asked))
        if self.kind is not None and not self.read_checks_ids:
            self.kind.check_all_found(asked.ids, {self.id_of(item) for item in items})
        tags = self._tags(connection, asked, items)
        shown, token = page(
            asked.call,
            asked.parameters,
            items,
            filters=self.filters,
            key=self.key,
            tags=tags if self.tagged or self.own_tags is not None else None,
            invalid_token=self.invalid_token,
            of_any_filters=self.of_any_filters,
        )
        return shown, tags, token

    def _selected(self, connection: Connection, asked: Asked, selection: Selection) -> tuple[list[T], str | None]:
        """The database says which items pass, and only those are read."""

        def items(rows: Sequence[tuple[Any, ...]]) -> list[T]:
            if self.of_rows is not None:
                return self.of_rows(rows)
            ids = [row[0] for row in rows]
            found = {self.id_of(item): item for item in self.read(connection, replace(asked, ids=ids))}
            return [found[each] for each in ids if each in found]

        return selected(
            connection,
            asked.call,
            asked.parameters,
            selection,
            items,
            filters=self.filters,
            key=self.key,
            tags=self.own_tags,
            also=self.also(asked),
            invalid_token=self.invalid_token,
            of_any_filters=self.of_any_filters,
        )

    def _tags(self, connection: Connection, asked: Asked, items: Sequence[T]) -> Tags[T]:
        if self.own_tags is not None:
            return self.own_tags
        if not self.tagged or self.kind is None:
            return lambda _: {}
        # Of the items, not of the ids asked for: a request may name others by another parameter.
        ids = None if asked.ids is None else [self.id_of(item) for item in items]
        tagged = tags_of(connection, asked.call.scope, self.kind.resource_type, ids)
        return lambda item: tagged.get(self.id_of(item), {})


def check_page_size(
    parameters: Parameters, limits: tuple[int, int] | None, whole: Mapping[str, str] | None = None
) -> None:
    """Raises EC2's refusals of a `MaxResults` out of its `limits`, or beside a parameter of `whole` (see `Listing`)."""
    most: int | None = parameters.get("MaxResults")
    if most is None or limits is None:
        return
    for name, refusal in (whole or {}).items():
        if parameters.get(name):
            raise InvalidParameterCombination(refusal)
    least, greatest = limits
    if most < least:
        raise InvalidParameterValue(
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value greater than {least}."
        )
    if most > greatest:
        raise InvalidParameterValue(
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value smaller than {greatest}."
        )


def page(
    call: Call,
    parameters: Parameters,
    items: Iterable[T],
    *,
    filters: Mapping[str, Values[T]],
    key: Callable[[T], str],
    tags: Tags[T] | None = None,
    invalid_token: Callable[[str], Ec2Error] = _invalid_token,
    of_any_filters: bool = False,
) -> tuple[list[T], str | None]:
    """The items that this request asks for, in the order of their unique `key`, and the `NextToken` of what is left.

    `filters` gives, by filter name, the values of an item. `tags` gives an item's tags and so the filters `tag:KEY`,
    `tag-key` and `tag-value`. The size of the page was checked (`check_page_size`).
    """
    found = sorted(matching(parameters, items, filters, tags), key=key)
    bound = _fingerprint(call, parameters, of_any_filters=of_any_filters)
    if (last := _last_seen(parameters, bound, invalid_token)) is not None:
        found = [item for item in found if key(item) > last]
    return _cut(found, parameters.get("MaxResults"), key, bound)


def selected(
    connection: Connection,
    call: Call,
    parameters: Parameters,
    selection: Selection,
    items: Callable[[Sequence[tuple[Any, ...]]], Sequence[T]],
    *,
    filters: Mapping[str, Values[T]],
    key: Callable[[T], str],
    tags: Tags[T] | None = None,
    also: Sequence[Condition] = (),
    invalid_token: Callable[[str], Ec2Error] = _invalid_token,
    of_any_filters: bool = False,
) -> tuple[list[T], str | None]:
    """What `page` gives, where the database selects the items: `items` makes them of its rows, and may leave some out.

    `key` is the selection's key of an item.
    """
    conditions, left = list(also), []
    for each in filters_of(parameters):
        if (condition := selection.condition(each.name, texts(each.values))) is None:
            left.append(each)
        else:
            conditions.append(condition)
    passes = passing(left, filters, tags)
    bound = _fingerprint(call, parameters, of_any_filters=of_any_filters)
    last = _last_seen(parameters, bound, invalid_token)
    most: int | None = parameters.get("MaxResults")
    at_once = CHUNK if most is None else max(most + 1, _AT_LEAST) if left else most + 1
    found: list[T] = []
    try:
        for rows in selection.chunks(connection, call.scope, conditions, after=last, at_once=at_once):
            found += filter(passes, items(rows)) if left else items(rows)
            if most is not None and len(found) > most:
                break
    except NoKey:
        raise invalid_token(str(parameters.get("NextToken"))) from None
    return _cut(found, most, key, bound)


def token_after(last: str, call: Call, parameters: Parameters) -> str:
    """The `NextToken` of a listing that pages by itself, of which `last` is the key that was seen last."""
    return _token(last, _fingerprint(call, parameters))


def seen_last(call: Call, parameters: Parameters, invalid_token: Callable[[str], Ec2Error]) -> str | None:
    """What `token_after` was given for this request's page, None for the first. Raises `invalid_token`."""
    return _last_seen(parameters, _fingerprint(call, parameters), invalid_token)


def _cut(found: list[T], most: int | None, key: Callable[[T], str], bound: str) -> tuple[list[T], str | None]:
    """The first page of what was found, and the token of what is left."""
    if most is None or len(found) <= most:
        return found, None
    return found[:most], _token(key(found[most - 1]), bound)


def _fingerprint(call: Call, parameters: Parameters, *, of_any_filters: bool = False) -> str:
    """What a token is bound to. A page may have another size than its predecessor."""
    free = _PAGING | {"Filters"} if of_any_filters else _PAGING
    asked = {name: value for name, value in parameters.items() if name not in free}
    return json.dumps([call.account, call.region, call.action, asked], sort_keys=True, default=str)


def _digest(last: str, bound: str) -> bytes:
    return hashlib.blake2b(f"{last}\0{bound}".encode(), digest_size=_DIGEST_BYTES, person=b"NextToken").digest()


def _token(last: str, bound: str) -> str:
    return base64.urlsafe_b64encode(_digest(last, bound) + last.encode()).decode()


def _last_seen(parameters: Parameters, bound: str, invalid_token: Callable[[str], Ec2Error]) -> str | None:
    """The key in the request's token. Raises the refusal of one that is not for this very request.

    The token is no secret: a caller who forges one only skips own items.
    """
    if (token := parameters.get("NextToken")) is None:
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        last = raw[_DIGEST_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise invalid_token(token) from None
    if raw[:_DIGEST_BYTES] != _digest(last, bound):
        raise invalid_token(token)
    return last
