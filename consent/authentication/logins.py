"""The check of a password. The attempt is counted first: against its authorisation, the customer and the address.

RTS (EU) 2018/389 article 4(3): five failed attempts block; the answer is the same for an unknown name and a wrong password.
"""

from consent.authentication.attempt_counts import Hold, PasswordSubjects, ReturnPassword, TakePassword, take
from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import password_subject, peer_subject
from consent.authentication.bank_answer import answer_time
from consent.authentication.room import Room
from consent.ports import Psu
from kernel.brand import Brand


async def judge_password(room: Room, brand: Brand, hold: Hold, username: str, password: str, *, peer: str) -> Psu | None:
    """The PSU, or None for a wrong name or password. Raises AttemptsExhausted, UpstreamTimedOut and what `hold` raises."""
    username = username.strip()
    subjects = PasswordSubjects(
        password=password_subject(room.sealer, brand.name, username),
        peer=peer_subject(room.sealer, brand.name, peer) if peer else None,
    )
    async with room.attempt_turns.turn(turn_of(subjects.password)):
        await take(room, TakePassword(room, brand, hold, subjects))
        async with answer_time():  # hashing takes its time: no transaction is open meanwhile
            psu = await room.identity.check_password(brand, username, password)
        if psu is not None:
            await room.commands.run(ReturnPassword(brand, subjects))
    return psu
