"""Find the operation of a request: a tree of path segments per brand, built at boot from its dialects' tables.

A literal segment wins over a parameter. One trailing slash is tolerated; an empty segment or parameter matches nothing.
What a brand does not offer is not planted.
Everything outside the base paths of the services belongs to the brand's plain dialect (gateway/whoami.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from gateway.whoami import plain_dialect
from kernel.brand import Brand
from kernel.errors import MethodNotAllowed, OperationUnknown
from kernel.http.admission.limits import BUFFERED_BYTES_PER_PEER_MAX
from kernel.http.message import Listener
from openapi.dialect import Dialect, Row, Service

SEGMENTS_MAX = 16  # segments of a request's path; one with more is unknown


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)  # method -> its parameters' names
    rows: dict[str, tuple[Row, ...]] = field(default_factory=dict)  # method -> row, or one for each of its versions
    dialect: Dialect | None = None  # set, with its service, where a base path ends
    service: Service | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: the dialect whose faces answer, its service, and the operations there by method (none: an unknown path)."""

    dialect: Dialect
    service: Service
    rows: Mapping[str, tuple[Row, ...]]
    names: Mapping[str, tuple[str, ...]]
    values: tuple[str, ...]

    def operation(self, method: str, listener: Listener) -> tuple[tuple[Row, ...], dict[str, str]]:
        """The row, or one for each version, and the path parameters. The public listener knows the operations alone that ask for no
        caller. Raises OperationUnknown or MethodNotAllowed."""
        rows = self.rows if listener == "mtls" else _public(self.rows)
        if not rows:
            raise OperationUnknown(f"no operation of the {listener} listener has this path")
        if method not in rows:
            raise MethodNotAllowed(allowed=tuple(sorted(rows)))
        return rows[method], dict(zip(self.names[method], self.values, strict=True))


def _public(rows: Mapping[str, tuple[Row, ...]]) -> Mapping[str, tuple[Row, ...]]:
    found = {method: tuple(row for row in versions if row.credential == "none") for method, versions in rows.items()}
    return {method: versions for method, versions in found.items() if versions}


class Routing:
    """All brands' operations. Built once; refuses at boot what would be ambiguous."""

    def __init__(self, trees: Mapping[str, _Node]) -> None:
        self._trees = trees

    @classmethod
    def build(cls, brands: Sequence[Brand], dialects: Sequence[Dialect]) -> Self:
        """Raises ValueError for a duplicate dialect, base path or operation, and for a brand's unknown dialect."""
        by_name = {dialect.name: dialect for dialect in dialects}
        if len(by_name) != len(dialects):
            raise ValueError("two dialects have the same name")
        bases = [service.base_path for dialect in dialects for service in dialect.services]
        if len(set(bases)) != len(bases) or "" in bases:
            raise ValueError(f"two services share a base path: {', '.join(sorted(bases))}")
        return cls({brand.name: _tree(brand, by_name) for brand in brands})

    def locate(self, brand: Brand, path: str) -> Place:
        """The place of `path`, however unknown: a refusal, too, is answered by a dialect."""
        node = base = self._trees[brand.name]
        segments = _segments(path)
        if len(segments) > SEGMENTS_MAX:
            return _place(base, None)
        depth = 0
        for passed, segment in enumerate(segments, 1):  # base paths are literal; the deepest one wins
            below = node.literals.get(segment)
            if below is None:
                break
            node = below
            if node.service is not None:
                base, depth = node, passed
        return _place(base, _descend(base, segments[depth:], ()))

    def rows(self) -> list[tuple[Service, Row]]:
        """Every operation of every brand's services, once."""
        services = {service.base_path: service for root in self._trees.values() for service in _services(root)}
        return [(service, row) for service in services.values() for row in service.rows]


def _tree(brand: Brand, by_name: Mapping[str, Dialect]) -> _Node:
    unknown = [name for name in brand.dialects if name not in by_name]
    if unknown or not brand.dialects:
        raise ValueError(f"brand {brand.name}: dialects {unknown or 'none'}; known are {', '.join(by_name)}")
    enabled = [by_name[name] for name in brand.dialects]
    root = _Node()
    for dialect in (plain_dialect(enabled[0]), *enabled):
        for service in dialect.services:
            _plant_service(root, brand, dialect, service)
    return root


def _plant_service(root: _Node, brand: Brand, dialect: Dialect, service: Service) -> None:
    base = root
    for segment in _segments(service.base_path):
        base = base.literals.setdefault(segment, _Node())
    base.dialect, base.service = dialect, service
    for row in service.rows:
        if row.operation not in brand.operations_off:
            _plant(base, dialect, row)


def _plant(node: _Node, dialect: Dialect, row: Row) -> None:
    names: list[str] = []
    for segment in _segments(row.path):
        if segment.startswith("{"):
            names.append(segment.strip("{}"))
            node.parameter = node.parameter or _Node()
            node = node.parameter
        else:
            node = node.literals.setdefault(segment, _Node())
    if dialect.body_bytes_max_of(row) > BUFFERED_BYTES_PER_PEER_MAX:
        raise ValueError(f"{dialect.name}: {row.method} {row.path} takes a larger body than any peer may send")
    others = node.rows.get(row.method, ())
    if not _are_versions(dialect, (*others, row)) or len(set(names)) != len(names):
        raise ValueError(f"{dialect.name}: {row.method} {row.path} is ambiguous")
    if node.names.setdefault(row.method, tuple(names)) != tuple(names):
        raise ValueError(f"{dialect.name}: versions of {row.method} {row.path} name its parameters differently")
    node.rows[row.method] = (*others, row)


def _are_versions(dialect: Dialect, rows: Sequence[Row]) -> bool:
    """One row without a version; or rows of different versions, in a dialect whose callers can choose."""
    versions = [row.version for row in rows]
    if versions == [None]:
        return True
    return dialect.versions is not None and None not in versions and len(set(versions)) == len(versions)


def _place(base: _Node, found: tuple[_Node, tuple[str, ...]] | None) -> Place:
    if base.dialect is None or base.service is None:
        raise RuntimeError("a tree's root carries the plain dialect")
    if found is None:
        return Place(base.dialect, base.service, {}, {}, ())
    node, values = found
    return Place(base.dialect, base.service, node.rows, node.names, values)


def _descend(node: _Node, segments: Sequence[str], values: tuple[str, ...]) -> tuple[_Node, tuple[str, ...]] | None:
    if not segments:
        return (node, values) if node.rows else None
    head, rest = segments[0], segments[1:]
    literal = node.literals.get(head)
    found = _descend(literal, rest, values) if literal else None
    if found is None and node.parameter and head:
        found = _descend(node.parameter, rest, (*values, head))
    return found


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").removesuffix("/").split("/") if path.strip("/") else []


def _services(node: _Node) -> list[Service]:
    here = [node.service] if node.service else []
    return here + [service for below in node.literals.values() for service in _services(below)]
