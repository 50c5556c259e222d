"""A start that fails for a reason outside the program says what to change, in one line and without a secret."""

import socket

import asyncpg
import pytest
import sqlalchemy as sa
import sqlalchemy.exc

from kernel.config import ConfigurationRefused
from kernel.storage.sealed import SealBroken
from portcullis.cli.explanations import explain


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (ConfigurationRefused("rates: no"), "rates"),
        (SealBroken("does not open"), "sealing_keys"),
        (sqlalchemy.exc.ArgumentError("bad"), "database_url"),
        (sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("file is not a database")), "file is not a database"),
        (asyncpg.InvalidPasswordError("password authentication failed"), "PostgreSQL refused"),
        (socket.gaierror(-2, "Name or service not known"), "no such host"),
        (ConnectionRefusedError(111, "Connection refused"), "cannot be reached"),
        (PermissionError(13, "Permission denied", "/srv/state"), "/srv/state"),
    ],
)
def test_says_what_to_change_also_from_within_a_group_or_behind_another(error, named):
    assert named in explain(error)
    assert named in explain(ExceptionGroup("tasks", [ExceptionGroup("more", [error])]))
    outer = RuntimeError("start failed")
    outer.__cause__ = error
    assert named in explain(outer)


def test_a_mistake_of_the_program_is_not_explained_away():
    assert explain(AssertionError("broken")) is None
    assert explain(ExceptionGroup("tasks", [ValueError("broken")])) is None


def test_no_password_of_a_url_is_printed():
    with pytest.raises(sqlalchemy.exc.ArgumentError) as refused:
        sa.make_url("postgresql:/user:s3cret@host/x")
    assert "s3cret" not in explain(refused.value)
