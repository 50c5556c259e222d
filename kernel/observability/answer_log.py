"""The log lines of answers: of each refusal its code and the reason that the caller is not given; of the others, at level debug, that
they were given.

Each place that turns a refusal into an answer logs it, also where the answer is a page, a redirect or a notice on the next page. Codes
and reasons are ours: never a secret, a code, an account number or what somebody typed.
"""

import logging

import structlog

from kernel.errors import Problem

NAME = "answers"
_answers = logging.getLogger(NAME)

log = structlog.get_logger(NAME)


def log_refusal(code: str, detail: str = "", **facts: str | None) -> None:
    log.info("refused", code=code, detail=detail, **{name: fact for name, fact in facts.items() if fact})


def log_problem(problem: Problem, **facts: str | None) -> None:
    log_refusal(problem.code, problem.detail, **facts)


def log_answer(status: int, seconds: float = 0.0, **facts: str | None) -> None:
    if _answers.isEnabledFor(logging.DEBUG):  # asked first: most servers never write this line, and every call comes by
        log.debug("answered", status=status, seconds=round(seconds, 4), **{name: fact for name, fact in facts.items() if fact})
