"""Clients under test are AWS's own programs; the server is one real process per module."""

from cloud_fixtures import *  # noqa: F403 -- its fixtures
from evidence import *  # noqa: F403 -- a failed test keeps evidence
