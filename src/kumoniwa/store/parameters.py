"""Parameters of Systems Manager in the database, and the public ones, which are what AMIs' names say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, update

from kumoniwa.model.images import Image, ImageState
from kumoniwa.model.parameters import AMI, PUBLIC, PUBLISHERS, Parameter, ParameterTag, ParameterType, public_names
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import insert, inserting
from kumoniwa.store.tables.images import images
from kumoniwa.store.tables.parameters import parameter_tags, parameters

MOST_VERSIONS = 100
_AT_ONCE = 200

_COLUMNS = parameters.c
_IN_SCOPE = (_COLUMNS.account == bindparam("account")) & (_COLUMNS.region == bindparam("region"))
_NAMED = _IN_SCOPE & (_COLUMNS.name == bindparam("name"))
_LATEST = Prepared(select(parameters).where(_NAMED, _COLUMNS.is_latest.is_(True)))
_VERSIONS = Prepared(select(parameters).where(_NAMED).order_by(_COLUMNS.version))
_BETWEEN = Prepared(
    select(parameters)
    .where(
        _IN_SCOPE,
        _COLUMNS.is_latest.is_(True),
        _COLUMNS.name > bindparam("after"),
        _COLUMNS.name < bindparam("end"),
    )
    .order_by(_COLUMNS.name)
    .limit(_AT_ONCE)
)
_COUNTED = Prepared(select(func.count()).where(_IN_SCOPE, _COLUMNS.is_latest.is_(True)).select_from(parameters))
_SEALED = Prepared(select(_COLUMNS.name).where(_COLUMNS.key_id.is_not(None)).limit(1))
_NO_LONGER_LATEST = Prepared(update(parameters).where(_NAMED, _COLUMNS.is_latest.is_(True)).values(is_latest=False))
_LABELLED = Prepared(
    update(parameters)
    .where(_NAMED, _COLUMNS.version == bindparam("of_version"))
    .values(labels=bindparam("new_labels", type_=_COLUMNS.labels.type))
)
_VERSION_FORGOTTEN = Prepared(delete(parameters).where(_NAMED, _COLUMNS.version == bindparam("of_version")))
_FORGOTTEN = Prepared(delete(parameters).where(_NAMED))


def any_is_sealed(connection: Connection) -> bool:
    """Whether there is a SecureString, of any account."""
    return bool(_SEALED.scalars(connection))


def add(connection: Connection, parameter: Parameter) -> None:
    """Write a version, which is the latest from now on."""
    _NO_LONGER_LATEST.run(connection, **_of(Scope.of(parameter)), name=parameter.name)
    insert(connection, parameters, parameter)


def latest(connection: Connection, scope: Scope, name: str) -> Parameter | None:
    """The latest version of a parameter that was written; None where none of this name was."""
    return _LATEST.value(Parameter, connection, **_of(scope), name=name)


def versions(connection: Connection, scope: Scope, name: str) -> list[Parameter]:
    """Every version of a parameter that is kept, oldest first."""
    return _VERSIONS.values(Parameter, connection, **_of(scope), name=name)


def below(connection: Connection, scope: Scope, prefix: str, after: str | None) -> Iterator[Parameter]:
    """The latest versions of those whose names begin so, by name, behind this name; read some at a time."""
    last = max(after or "", prefix[:-1])
    end = f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}" if prefix else "\U0010ffff"
    while found := _BETWEEN.values(Parameter, connection, **_of(scope), after=last, end=end):
        yield from (one for one in found if one.name.startswith(prefix))
        last = found[-1].name


def count(connection: Connection, scope: Scope) -> int:
    """How many parameters an account has in a region."""
    counted: int = _COUNTED.scalar(connection, **_of(scope))
    return counted


def label(connection: Connection, parameter: Parameter, labels: Sequence[str]) -> None:
    """Give a version these labels, and no others."""
    of = {**_of(Scope.of(parameter)), "name": parameter.name, "of_version": parameter.version}
    _LABELLED.run(connection, **of, new_labels=list(labels))


def forget_version(connection: Connection, parameter: Parameter) -> None:
    """Forget one version."""
    of = {**_of(Scope.of(parameter)), "name": parameter.name, "of_version": parameter.version}
    _VERSION_FORGOTTEN.run(connection, **of)


def remove(connection: Connection, scope: Scope, name: str) -> bool:
    """Delete a parameter with its versions and tags; gives whether there was one."""
    _UNTAGGED.run(connection, **_of(scope), name=name)
    return bool(_FORGOTTEN.run(connection, **_of(scope), name=name))


# Tags.

_TAG = parameter_tags.c
_OF_NAME = (
    (_TAG.account == bindparam("account")) & (_TAG.region == bindparam("region")) & (_TAG.name == bindparam("name"))
)
_TAGS = Prepared(select(_TAG.key, _TAG.value).where(_OF_NAME).order_by(_TAG.key))
_UNTAGGED = Prepared(delete(parameter_tags).where(_OF_NAME))
_TAG_REMOVED = Prepared(delete(parameter_tags).where(_OF_NAME, _TAG.key == bindparam("of_key")))
_TAG_ADDED = inserting(parameter_tags, ("account", "region", "name", "key", "value"))


def tags_of(connection: Connection, scope: Scope, name: str) -> dict[str, str]:
    """The tags of a parameter, by key."""
    return dict(_TAGS.rows(connection, **_of(scope), name=name))


def tag(connection: Connection, scope: Scope, name: str, tags: Mapping[str, str]) -> None:
    """Afterwards a parameter has these tags, with these values."""
    untag(connection, scope, name, tags)
    new = [ParameterTag(scope.account, scope.region, name, key, value) for key, value in tags.items()]
    if new:
        _TAG_ADDED.run_values(connection, new)


def untag(connection: Connection, scope: Scope, name: str, keys: Iterable[str]) -> None:
    """Afterwards a parameter has no tags with these keys."""
    for key in keys:
        _TAG_REMOVED.run(connection, **_of(scope), name=name, of_key=key)


# Public parameters.

_IMAGES_BETWEEN = Prepared(
    select(images)
    .where(
        images.c.account == bindparam("account"),
        images.c.region == bindparam("region"),
        images.c.name >= bindparam("begin"),
        images.c.name < bindparam("end"),
        images.c.state == ImageState.AVAILABLE,
    )
    .order_by(images.c.name)
)


def public(connection: Connection, scope: Scope, prefix: str = PUBLIC) -> dict[str, Parameter]:
    """The public parameters whose names begin so, by name: each has the newest AMI of its kind that a scope has.

    Their version is how many AMIs of that kind there are.
    """
    found: dict[str, list[Image]] = {}
    for publisher, beginnings in PUBLISHERS.items():
        if publisher.startswith(prefix) or prefix.startswith(publisher):
            for begin in beginnings:
                end = f"{begin[:-1]}{chr(ord(begin[-1]) + 1)}"
                for image in _IMAGES_BETWEEN.values(Image, connection, **_of(scope), begin=begin, end=end):
                    for name in public_names(image.name):
                        found.setdefault(name, []).append(image)
    return {
        name: _public(name, sorted(of_kind, key=lambda image: (image.created_at, image.id)))
        for name, of_kind in sorted(found.items())
        if name.startswith(prefix)
    }


def _public(name: str, of_kind: Sequence[Image]) -> Parameter:
    newest = of_kind[-1]
    return Parameter(
        account="",  # it is no account's
        region=newest.region,
        name=name,
        version=len(of_kind),
        is_latest=True,
        type=ParameterType.STRING,
        value=newest.id,
        data_type=AMI,
        tier="Standard",
        modified_at=newest.created_at,
        modified_by="",
    )


def found(connection: Connection, scope: Scope, name: str) -> list[Parameter]:
    """The versions of a parameter, public or written; none where no such parameter is there."""
    if name.startswith(PUBLIC):
        one = public(connection, scope, name).get(name)
        return [] if one is None else [one]
    return versions(connection, scope, name)


def chosen(of: Sequence[Parameter], selector: str) -> Parameter | None:
    """The version that a selector means: a number, a label, or nothing for the latest."""
    if not selector:
        return next((one for one in of if one.is_latest), None)
    if selector.isdecimal() and selector.isascii():
        return next((one for one in of if str(one.version) == selector.lstrip("0")), None)
    return next((one for one in of if selector in one.labels), None)


def _of(scope: Scope) -> dict[str, str]:
    return {"account": scope.account, "region": scope.region}
