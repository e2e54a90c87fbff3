"""What the store says in words of its own, as PostgreSQL says it."""

from typing import Any

from sqlalchemy.ext.compiler import compiles

from kumoniwa.store.prepared import Among, PlaceOf
from kumoniwa.store.selection import Fits, FitsAny


@compiles(Among, "postgresql")
def _among(element: Among, compiler: Any, **options: Any) -> str:
    column, listed = compiler.process(element.column, **options), compiler.process(element.listed, **options)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({listed} AS json))))"


@compiles(PlaceOf, "postgresql")
def _place_of(element: PlaceOf, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(Fits, "postgresql")
def _fits(element: Fits, compiler: Any, **options: Any) -> str:
    compared, pattern = compiler.process(element.compared, **options), compiler.process(element.pattern, **options)
    return f"({compared} LIKE {_like(pattern)})"


@compiles(FitsAny, "postgresql")
def _fits_any(element: FitsAny, compiler: Any, **options: Any) -> str:
    compared, patterns = compiler.process(element.compared, **options), compiler.process(element.patterns, **options)
    listed = f"json_array_elements_text(CAST({patterns} AS json)) AS pattern(value)"
    return f"EXISTS (SELECT 1 FROM {listed} WHERE {compared} LIKE {_like('pattern.value')})"


_CHANGES = (
    # What LIKE has as signs and a pattern of ours has not, then what stands for itself, then the signs.
    *((r"\\", r"\\\\"), ("%%", r"\\%%"), ("_", r"\\_")),
    *(("[*]", r"\001"), ("[?]", r"\002"), ("[[]", "[")),
    *(("*", "%%"), ("?", "_"), (r"\001", "*"), (r"\002", "?")),
)
"""What of a pattern is written otherwise for LIKE, in this order, in PostgreSQL's strings with escapes."""


def _like(pattern: str) -> str:
    """A pattern of `Texts` as one of LIKE's."""
    for old, new in _CHANGES:
        pattern = f"replace({pattern}, E'{old}', E'{new}')"
    return pattern
