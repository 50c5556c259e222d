"""The generated catalogues of notices: up to date, closed, and true of what is sent."""

import json
import re

import jsonschema_rs
import pytest

from kernel.banking.notices import NoticeKind
from openapi import DIALECTS
from openapi.event_catalogue import catalogue_of, catalogue_path, render_catalogue, write_catalogues

NOTIFYING = [dialect for dialect in DIALECTS if dialect.notices is not None]
by_dialect = pytest.mark.parametrize("dialect", NOTIFYING, ids=lambda dialect: dialect.name)


@by_dialect
def test_the_committed_catalogue_is_up_to_date(dialect):
    """`python -m openapi.event_catalogue` writes it again."""
    assert catalogue_path(dialect).read_bytes() == render_catalogue(dialect, dialect.notices)
    write_catalogues([dialect])
    assert catalogue_path(dialect).read_bytes() == render_catalogue(dialect, dialect.notices)


@by_dialect
def test_every_kind_has_a_message_and_its_example_is_one(dialect):
    document = catalogue_of(dialect, dialect.notices)
    messages = document["components"]["messages"]
    assert set(messages) == set(NoticeKind)
    for message in messages.values():
        validator = jsonschema_rs.validator_for({**message["payload"], "components": document["components"]})
        (example,) = message["examples"]
        validator.validate(example["payload"])
        assert not validator.is_valid({**example["payload"], "events": {"urn:x": {}}})


@by_dialect
def test_every_reference_of_a_catalogue_leads_somewhere(dialect):
    document = catalogue_of(dialect, dialect.notices)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        node = document
        for step in reference.split("/"):
            node = node[step]
