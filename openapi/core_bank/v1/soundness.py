"""The checks that every value of an answer must pass: forms that a type alone does not guarantee.

Instants are in UTC and between the years 1800 and 2999, rates are finite numbers, texts are bounded in length, ids and currencies
have their form. The checks of a type are derived from its annotations, once.
"""

import dataclasses
import re
import types
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from kernel.errors import FieldDateInvalid, FieldInvalid

Check = Callable[[Any], None]

TEXT_CHARACTERS_MAX = 2000  # of one text in an answer of the core bank
YEAR_MIN, YEAR_MAX = 1800, 2999  # the years (YEAR_MIN to YEAR_MAX) that a date of the core bank may have
RATE_DIGITS_MAX = 20  # of one rate in an answer of the core bank
WHOLE_MAX = 2**63 - 1  # the largest whole number in an answer of the core bank: 64 bits

_FORMS = {
    "id": re.compile(r"[!-~]{1,64}", re.ASCII),
    "account_id": re.compile(r"[!-~]{1,64}", re.ASCII),
    "order_id": re.compile(r"[!-~]{1,64}", re.ASCII),
    "currency": re.compile(r"[A-Z]{3}", re.ASCII),
}


def check_sound(answer: object, kind: Any) -> None:
    """Raises FieldInvalid or FieldDateInvalid, with the member's name and none of its value."""
    check = check_of(kind)
    if check is not None:
        check(answer)


@cache
def check_of(kind: Any, name: str = "") -> Check | None:
    """The check of a value of that type in a member of that name; None where there is nothing to check."""
    if isinstance(kind, type) and not get_args(kind):
        return _check_of_class(kind, name)
    origin = get_origin(kind)
    if origin is Literal:
        return None
    if origin in (Union, types.UnionType):
        [only] = [each for each in get_args(kind) if each is not types.NoneType]
        inner = check_of(only, name)
        return None if inner is None else _unless_none(inner)
    if origin is tuple:
        inner = check_of(get_args(kind)[0], name)
        return None if inner is None else _of_each(inner)
    if origin is not None and issubclass(origin, msgspec.Struct):  # a generic page: its rows are of the argument
        rows = check_of(get_args(kind)[0], name)
        return None if rows is None else _of_members((("rows", _of_each(rows)),))
    raise TypeError(f"no check is known for {kind}")


def _check_of_class(kind: type, name: str) -> Check | None:
    if issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind):
        members = ((member, check_of(annotation, member)) for member, annotation in get_type_hints(kind).items())
        found = tuple((member, check) for member, check in members if check is not None)
        return _of_members(found) if found else None
    if kind is str:
        return _text_check(name)
    return {datetime: _instant_check, Decimal: _rate_check, int: _whole_check}.get(kind, _no_check)(name)


def _of_members(members: tuple[tuple[str, Check], ...]) -> Check:
    def check(record: Any) -> None:
        for name, check_member in members:
            check_member(getattr(record, name))

    return check


def _of_each(inner: Check) -> Check:
    def check(values: Any) -> None:
        for value in values:
            inner(value)

    return check


def _unless_none(inner: Check) -> Check:
    def check(value: Any) -> None:
        if value is not None:
            inner(value)

    return check


def _text_check(name: str) -> Check:
    form = _FORMS.get(name)

    def check_form(value: str) -> None:
        if form is not None and form.fullmatch(value) is None:
            raise FieldInvalid("not of its form", path=name)

    def check_length(value: str) -> None:
        if len(value) > TEXT_CHARACTERS_MAX:
            raise FieldInvalid(f"longer than {TEXT_CHARACTERS_MAX} characters", path=name)

    return check_length if form is None else check_form


def _instant_check(name: str) -> Check:
    def check(value: datetime) -> None:
        if value.tzinfo is not UTC or not YEAR_MIN <= value.year <= YEAR_MAX:
            raise FieldDateInvalid("an instant that is not in UTC, or of another age", path=name)

    return check


def _rate_check(name: str) -> Check:
    def check(value: Decimal) -> None:
        if not value.is_finite() or abs(value.adjusted()) > RATE_DIGITS_MAX or len(value.as_tuple().digits) > RATE_DIGITS_MAX:
            raise FieldInvalid("not a rate", path=name)

    return check


def _whole_check(name: str) -> Check:
    def check(value: int) -> None:
        if abs(value) > WHOLE_MAX:
            raise FieldInvalid("beyond 63 bits", path=name)

    return check


def _no_check(_name: str) -> Check | None:
    return None
