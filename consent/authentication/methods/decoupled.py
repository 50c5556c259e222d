"""The bank's app on another device of the PSU's asks them, without their password before it: the app knows them, by possession and by
what unlocks it. RTS (EU) 2018/389 articles 4 and 7; Berlin Group 1.3.x, decoupled SCA approach."""

from consent.authentication.methods.method import Method

DECOUPLED = Method("decoupled", is_typed=False)
