"""The judge: holds every answer against the standard's own OpenAPI document. The documents lie in `$PORTCULLIS_SPECS`.

`validate_answer` raises AssertionError where an answer differs from its document: a status that the operation does not have, a
body where none is defined or none where one is, another content type, a missing header, a body that its schema refuses. Rows of
deviations.toml are exempt, each for its stated reason. Where the documents are absent the answer is counted as skipped.
"""

import json
import os
import re
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

ROOT = Path(__file__).resolve().parent.parent
DEVIATIONS = Path(__file__).with_name("deviations.toml")

# Keywords of an OpenAPI 3.0 schema that JSON Schema does not know, or knows otherwise.
_NOT_SCHEMA = {"nullable", "discriminator", "xml", "externalDocs", "example", "deprecated", "readOnly", "writeOnly"}


@dataclass(frozen=True)
class Standard:
    """Where one dialect's official document lies, and what it demands of every answer."""

    file: str
    base_path: str  # of the dialect, before the document's own paths
    path_prefix: str  # of the document's paths, where its server URL ends earlier than our base path
    interaction_header: str


# By dialect; further documents of one dialect, for other services, by its name and theirs.
STANDARDS = {
    "uk_obie/v4.0": Standard("uk_obie_v4.0/account-info.json", "/open-banking/v4.0/aisp", "", "x-fapi-interaction-id"),
    "uk_obie/v4.0#pisp": Standard("uk_obie_v4.0/payment-initiation.json", "/open-banking/v4.0/pisp", "", "x-fapi-interaction-id"),
    "uk_obie/v4.0#vrp": Standard("uk_obie_v4.0/vrp.json", "/open-banking/v4.0/pisp", "", "x-fapi-interaction-id"),
    "uk_obie/v4.0#cbpii": Standard(
        "uk_obie_v4.0/confirmation-funds.json", "/open-banking/v4.0/cbpii", "", "x-fapi-interaction-id"
    ),
    "uk_obie/v4.0#events": Standard("uk_obie_v4.0/events.json", "/open-banking/v4.0", "", "x-fapi-interaction-id"),
    "berlin_group/v1.3": Standard("berlin_group/psd2-api_v1.3.11.yaml", "/psd2/v1", "/v1", "X-Request-ID"),
}


# Operations that the standard's text has and its documents lack: their answers are judged by our own tests alone.
TEXT_ALONE = "/callback-urls"


@dataclass
class Counts:
    """The judgements of this process. `skipped`: reason -> answers."""

    validated: int = 0
    deviating: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)  # what a test wants read as well as the counts

    def skip(self, reason: str, answers: int = 1) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + answers


COUNTS = Counts()


def validate_answer(
    dialect_name: str, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Judge one answer. `path` is a document's template or a real path, with or without the dialect's base path or a query;
    `body` b"" or None is no body. Raises AssertionError."""
    reason = unreadable(dialect_name)
    if reason is not None:
        COUNTS.skip(reason)
        return
    dialect_name = document_with(dialect_name, path)
    standard = STANDARDS[dialect_name]
    operation = find_operation(document_of(dialect_name), method, relative_path(standard, path))
    found = {name.lower(): value for name, value in headers.items()}
    _check_interaction_id(standard, found)
    deviation = find_deviation(dialect_name, operation.label, status, body)
    if deviation is not None:
        _check_deviating(dialect_name, deviation, f"{operation.label} {status}", body)
        COUNTS.deviating += 1
        return
    if operation.answers is None and TEXT_ALONE in path:
        COUNTS.deviating += 1
        return
    if operation.answers is None:
        _check_no_operation(operation, status)
    else:
        _check_documented(dialect_name, operation.answers, operation.label, status, found, body)
    COUNTS.validated += 1


def document_with(dialect_name: str, path: str) -> str:
    """The name under which the document stands that has the path: by its base path, or by its templates."""
    family = dialect_name.partition("#")[0]
    names = [name for name in STANDARDS if name.partition("#")[0] == family and unreadable(name) is None]
    below = [name for name in names if path.startswith(STANDARDS[name].base_path + "/")]
    known = (
        name
        for name in below or names
        if find_operation(document_of(name), "GET", relative_path(STANDARDS[name], path)).path_known
    )
    return next(known, below[0] if below else dialect_name)


def specs_folder() -> Path:
    return Path(os.environ.get("PORTCULLIS_SPECS") or ROOT.parent / "shared" / "specs")


def unreadable(dialect_name: str) -> str | None:
    """Why the dialect's document cannot be read; None if it can."""
    path = specs_folder() / STANDARDS[dialect_name].file
    if not path.is_file():
        return "the official documents are absent (set PORTCULLIS_SPECS)"
    if path.suffix == ".yaml" and _yaml() is None:
        return f"{path.name} needs a YAML reader"
    return None


@dataclass(frozen=True)
class Deviation:
    """A listed difference. `contains`: only of answers with these bytes; `schema`: what their body is judged by instead."""

    dialect: str
    operation: str
    status: int
    reason: str
    contains: str = ""
    schema: str = ""


@dataclass(frozen=True)
class DocumentedOperation:
    label: str  # "GET /accounts/{AccountId}"
    answers: Mapping[str, Any] | None  # status -> response; None: the document has no such operation
    path_known: bool


def find_operation(document: Mapping[str, Any], method: str, path: str) -> DocumentedOperation:
    """By template, literal or matching; a template with fewer parameters wins."""
    templates = sorted(document["paths"], key=lambda template: template.count("{"))
    template = next((each for each in templates if each == path or _pattern(each).fullmatch(path)), None)
    if template is None:
        return DocumentedOperation(f"{method} {path}", None, path_known=False)
    operation = document["paths"][template].get(method.lower())
    answers = None if operation is None else operation["responses"]
    return DocumentedOperation(f"{method} {template}", answers, path_known=True)


def relative_path(standard: Standard, path: str) -> str:
    """The path as the document writes it: no base path, query or trailing slash."""
    path = path.partition("?")[0]
    path = path.removeprefix(standard.base_path).rstrip("/") or "/"
    return path if path.startswith(standard.path_prefix + "/") and standard.path_prefix else standard.path_prefix + path


def _check_interaction_id(standard: Standard, headers: Mapping[str, str]) -> None:
    value = headers.get(standard.interaction_header.lower())
    assert value is not None, f"the answer has no {standard.interaction_header}"
    try:
        uuid.UUID(value)
    except ValueError:
        raise AssertionError(f"{standard.interaction_header} is no UUID: {value!r}") from None


def _check_no_operation(operation: DocumentedOperation, status: int) -> None:
    expected = 405 if operation.path_known else 404
    assert status == expected, f"{operation.label}: {status}, but the document has no such operation: {expected}"


def _check_documented(
    dialect_name: str, answers: Mapping[str, Any], label: str, status: int, headers: Mapping[str, str], body: bytes | None
) -> None:
    document = document_of(dialect_name)
    assert str(status) in answers, f"{label}: the document has no {status}, only {', '.join(sorted(answers))}"
    answer = _resolve(document, answers[str(status)])
    for name, header in answer.get("headers", {}).items():
        required = _resolve(document, header).get("required", False) and name != "Location"
        assert not required or name.lower() in headers, f"{label} {status}: no {name}"
    content = answer.get("content") or {}
    if not content:
        assert not body, f"{label} {status}: a body where the document defines none: {body[:200]!r}"
        assert "content-type" not in headers, f"{label} {status}: a Content-Type without a body"
        return
    assert body, f"{label} {status}: no body where the document defines one"
    media_type = _media_type(headers.get("content-type", ""), content)
    assert media_type is not None, f"{label} {status}: Content-Type {headers.get('content-type')!r}, not one of {list(content)}"
    error = _first_error(dialect_name, json.dumps(content[media_type]["schema"], sort_keys=True), json.loads(body))
    assert error is None, f"{label} {status}: {error}"


def _media_type(header: str, content: Mapping[str, Any]) -> str | None:
    """The documented media type that this header is; its charset may be left out on either side."""
    exact = re.sub(r"\s*;\s*", "; ", header.strip().lower())
    bare = exact.partition(";")[0]
    known = next((each for each in (exact, bare) if each in content), None)
    return known or next((each for each in content if exact == bare == each.partition(";")[0]), None)


def _first_error(dialect_name: str, schema: str, value: Any) -> str | None:
    try:
        _validator(dialect_name, schema).validate(value)
    except jsonschema_rs.ValidationError as error:
        return f"{'.'.join(str(step) for step in error.instance_path) or '(top)'}: {error.message}"
    return None


@cache
def _validator(dialect_name: str, schema: str) -> jsonschema_rs.Draft4Validator:
    """OpenAPI 3.0 schemas are nearest to JSON Schema draft 4 (boolean exclusiveMinimum, no siblings of $ref)."""
    root = {"allOf": [as_json_schema(json.loads(schema))], "components": as_json_schema(document_of(dialect_name)["components"])}
    return jsonschema_rs.Draft4Validator(root, validate_formats=True)


def as_json_schema(node: Any) -> Any:
    """The same schema without OpenAPI's own keywords; `nullable` becomes a choice with null."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {name: as_json_schema(value) for name, value in node.items() if not _is_foreign(name, value)}
    return {"anyOf": [schema, {"type": "null"}]} if node.get("nullable") is True else schema


def _is_foreign(name: str, value: Any) -> bool:
    """A keyword, and not a property that happens to be called like one."""
    return name.startswith("x-") or (name in _NOT_SCHEMA and not (isinstance(value, dict) and "type" in value))


@cache
def document_of(dialect_name: str) -> dict[str, Any]:
    path = specs_folder() / STANDARDS[dialect_name].file
    text = path.read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text) if path.suffix == ".json" else _load_yaml(text)
    return document


@cache
def deviations() -> tuple[Deviation, ...]:
    return tuple(Deviation(**row) for row in tomllib.loads(DEVIATIONS.read_text(encoding="utf-8")).get("deviation", []))


def find_deviation(dialect_name: str, label: str, status: int, body: bytes | None) -> Deviation | None:
    """The row that exempts this answer, if there is one."""
    dialect = dialect_name.partition("#")[0]
    rows = (row for row in deviations() if (row.dialect, row.status) == (dialect, status) and row.operation in {label, "*"})
    return next((row for row in rows if row.contains.encode() in (body or b"")), None)


def _check_deviating(dialect_name: str, deviation: Deviation, label: str, body: bytes | None) -> None:
    if deviation.schema:
        schema = json.dumps({"$ref": f"#/components/schemas/{deviation.schema}"})
        error = _first_error(dialect_name, schema, json.loads(body or b"null"))
        assert error is None, f"{label}: {error}"


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/")))


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        return None
    return yaml


def _load_yaml(text: str) -> dict[str, Any]:
    """Dates stay text, as in JSON: a schema's examples are of no use to us anyway."""
    yaml = _yaml()
    document: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    typed: dict[str, Any] = _typed(document)
    return typed


def _typed(node: Any) -> Any:
    """Numbers and booleans of a document that was read as text."""
    if isinstance(node, dict):
        return {name: value if name in {"enum", "example"} else _typed(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_typed(each) for each in node]
    if node in {"true", "false"}:
        return node == "true"
    return int(node) if isinstance(node, str) and re.fullmatch(r"-?\d{1,9}", node) else node
