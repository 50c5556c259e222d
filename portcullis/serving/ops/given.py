"""A command of an operator as it is carried out: by whom, what is asked, and the document that came with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from orders.operators.operator import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`asked`: the members of the request apart from the brand; `document` is empty where the command takes none."""

    operator: Operator
    asked: Mapping[str, str]
    document: bytes = b""
