"""Paths of the Reachability Analyzer and their analyses in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.network_insights import AnalysisState, InsightsAnalysis, InsightsPath
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows, tags
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.network_insights import insights_analyses, insights_paths

_PATHS_IN = InScope(InsightsPath, insights_paths, insights_paths.c.id)
_ANALYSES_IN = InScope(InsightsAnalysis, insights_analyses, insights_analyses.c.id)
_PATH = Prepared(select(insights_paths).where(insights_paths.c.id == bindparam("id")))
_PATH_DELETED = Prepared(delete(insights_paths).where(insights_paths.c.id == bindparam("id")))


def add_path(connection: Connection, path: InsightsPath) -> None:
    """Write a new path."""
    insert(connection, insights_paths, path)


def paths_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[InsightsPath]:
    """The paths of an account in a region; only these, where `ids` are given."""
    return _PATHS_IN.of(connection, scope, ids)


def path(connection: Connection, path_id: str) -> InsightsPath | None:
    return _PATH.value(InsightsPath, connection, id=path_id)


def remove_path(connection: Connection, path_id: str) -> None:
    """Delete a path that has no analyses."""
    _PATH_DELETED.run(connection, id=path_id)


_ANALYSIS = Prepared(select(insights_analyses).where(insights_analyses.c.id == bindparam("id")))
_OF_PATH = Prepared(select(insights_analyses.c.id).where(insights_analyses.c.path_id == bindparam("path")).limit(1))
_ANALYSIS_DELETED = Prepared(delete(insights_analyses).where(insights_analyses.c.id == bindparam("id")))
_OLD = Prepared(
    select(insights_analyses.c.id)
    .where(insights_analyses.c.started_at < bindparam("before"), insights_analyses.c.state != AnalysisState.RUNNING)
    .limit(bindparam("at_most"))
)


def add_analysis(connection: Connection, analysis: InsightsAnalysis) -> None:
    """Write a new analysis."""
    insert(connection, insights_analyses, analysis)


def analyses_in(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[InsightsAnalysis]:
    """The analyses of an account in a region; only these, where `ids` are given."""
    return _ANALYSES_IN.of(connection, scope, ids)


def analysis(connection: Connection, analysis_id: str) -> InsightsAnalysis | None:
    return _ANALYSIS.value(InsightsAnalysis, connection, id=analysis_id)


def has_analyses(connection: Connection, path_id: str) -> bool:
    """Whether there is an analysis of the path."""
    return bool(_OF_PATH.scalars(connection, path=path_id))


def change_analysis(connection: Connection, analysis_id: str, **columns: Any) -> None:
    """Change columns of an analysis."""
    rows.change(connection, insights_analyses, analysis_id, columns)


def remove_analysis(connection: Connection, analysis_id: str) -> None:
    """Delete an analysis, with its tags."""
    tags.remove_all(connection, analysis_id)
    _ANALYSIS_DELETED.run(connection, id=analysis_id)


def forget_analyses(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the analyses that ended and were begun before then; gives how many there were."""
    old = _OLD.scalars(connection, before=before, at_most=at_most)
    for analysis_id in old:
        remove_analysis(connection, analysis_id)
    return len(old)
