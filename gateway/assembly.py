"""Make an ordered list of policies or use cases, each with the parts its fields name. A missing part refuses to boot."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from gateway.use_case import UseCase
from kernel.operations import Operation

T = TypeVar("T")


def assemble(kinds: Sequence[type[T]], parts: object) -> tuple[T, ...]:
    """One instance of each kind, in order. Raises TypeError naming the kind and the part that `parts` lacks."""
    return tuple(kind(**_parts_of(kind, parts)) for kind in kinds)


def _parts_of(kind: type, parts: object) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    for name in names:
        if not hasattr(parts, name):
            raise TypeError(f"{kind.__name__} needs {name}, which {type(parts).__name__} does not have")
    return {name: getattr(parts, name) for name in names}


def map_operations(use_cases: Sequence[UseCase]) -> Mapping[Operation, UseCase]:
    """The use case of each operation. Raises ValueError if an operation has two."""
    answers: dict[Operation, UseCase] = {}
    for use_case in use_cases:
        for operation in use_case.operations:
            if operation in answers:
                raise ValueError(f"{operation} has two use cases")
            answers[operation] = use_case
    return answers
