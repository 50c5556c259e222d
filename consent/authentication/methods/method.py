"""A method of strong customer authentication, as far as the attempt depends on it. What it does is the identity provider's
(consent/ports.py)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """`is_typed`: the PSU types an answer, which can be guessed, so each is counted; else they confirm out of our sight, and asking again
    guesses nothing."""

    name: str
    is_typed: bool
