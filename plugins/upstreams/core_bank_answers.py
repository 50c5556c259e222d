"""The answers of a core bank, decoded strictly and sound in its form: common to questions about accounts and about payments."""

from typing import Any, TypeVar

import msgspec
import structlog

from kernel.errors import Problem, UpstreamFailed, UpstreamTimedOut
from kernel.json import decode_last
from openapi.core_bank.v1 import answers
from openapi.core_bank.v1.operations import JSON, Row
from openapi.core_bank.v1.soundness import check_sound
from plugins.upstreams.core_bank_http import CIRCUIT_OPEN, Answer, Defect

T = TypeVar("T")

log = structlog.get_logger(__name__)


def decode_sound(answer: Answer, decoder: msgspec.json.Decoder[T], kind: Any) -> T:
    """Raises Defect."""
    decoded = decode_answer(answer, decoder)
    try:
        check_sound(decoded, kind)
    except Problem as problem:
        raise Defect("malformed", f"{problem.detail}, at {problem.path}") from None
    return decoded


def decode_answer(answer: Answer, decoder: msgspec.json.Decoder[T]) -> T:
    """Raises Defect."""
    if answer.media_type != JSON:
        raise Defect("media_type", "not JSON")
    try:
        return decode_last(answer.body, decoder)
    except Problem as problem:  # its detail may quote the bank's data: its code and place say enough
        raise Defect("malformed", f"{problem.code} at {problem.path}") from None


def check_unknown(row: Row, answer: Answer) -> None:
    """Only the bank's own word means that there is no such thing: any other 404 is a wrong address. Raises Defect."""
    if not row.may_be_unknown or decode_answer(answer, msgspec.json.Decoder(answers.Refusal)).code != answers.UNKNOWN:
        raise Defect("status", "404")


def log_failure(operation: str, defect: Defect) -> UpstreamFailed | UpstreamTimedOut:
    """The problem that a defect is, to be raised."""
    if defect.kind != CIRCUIT_OPEN:  # a bank that is left alone would fill the log at its callers' pace
        log.warning("core_bank_defect", operation=operation, kind=defect.kind, detail=str(defect))
    return UpstreamTimedOut(str(defect)) if defect.late else UpstreamFailed(str(defect))
