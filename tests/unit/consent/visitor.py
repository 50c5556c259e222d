"""A customer on the pages, whose code is on its way, and what their browser's commands do: for tests where commands meet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from consent.authentication.approval import Claim
from consent.authentication.attempt_counts import PasswordSubjects, ReturnPassword, TakeCode, TakePassword, TakeSending
from consent.authentication.cosignature import StartSignature
from consent.authentication.lock_outs import LiftLockOuts
from consent.authentication.progress import (
    BeginChallenge,
    IdentifyPsu,
    MoveAuthorisation,
    RecordAuthentication,
    StartAuthorisation,
)
from consent.customer.journey.departure import EndVisit, claim_of
from consent.customer.journey.login import EnterJourney
from consent.customer.journey.payment import AskAgain
from consent.customer.journey.start import BeginJourney
from consent.customer.session.cookies import new_secret
from consent.customer.session.progress import PutNotice, holds, moves
from consent.customer.session.session import Asked, SeeJourney, Session
from consent.customer.session.visits import StoreVisit, new_visit, unstored_visit
from consent.ports import Psu, ScaChallenge, ScaEvidence
from consent.services import Services
from consent.store.rows.authorisations import Approach, Pending, SubjectKind
from consent.store.rows.journeys import Notice, Purpose, Stage
from kernel.banking.authorisations import AuthorisationStatus
from tests.world.brands import BRAND

SUBJECTS = PasswordSubjects("password/of the customer", "peer/of an address")


@dataclass
class Visitor:
    services: Services
    psu: Psu
    asked: Asked
    session: Session

    @classmethod
    async def make(cls, services: Services, psu: Psu, asked: Asked) -> "Visitor":
        secret = new_secret(services, BRAND, Purpose.CONSENT)
        await services.commands.run(BeginJourney(services, BRAND, asked, secret))
        begun = await services.commands.run(SeeJourney(services, BRAND, Purpose.CONSENT, secret, earlier_too=False))
        visitor = cls(services, psu, asked, begun)
        await services.commands.run(visitor.enter(secret := new_secret(services, BRAND, Purpose.CONSENT)))
        visitor.session = await services.commands.run(SeeJourney(services, BRAND, Purpose.CONSENT, secret, earlier_too=False))
        return visitor

    @property
    def pending(self) -> Pending:
        return Pending(ScaChallenge("one_time_code", "ref", "", self.services.clock.wall() + timedelta(minutes=3)))

    @property
    def evidence(self) -> ScaEvidence:
        return ScaEvidence("one_time_code", self.services.clock.wall(), "ref")

    @property
    def claim(self) -> Claim:
        return claim_of(self.services, self.session)

    def enter(self, secret: str) -> EnterJourney:
        return EnterJourney(self.services, BRAND, self.session, self.psu, secret, self.pending.challenge, None)

    def see(self) -> SeeJourney:
        return SeeJourney(self.services, BRAND, Purpose.CONSENT, self.session.secret, earlier_too=True)

    def start(self) -> StartAuthorisation:
        return StartAuthorisation(
            room=self.services,
            brand=BRAND,
            authorisation_id=self.services.ids.uuid(),
            kind=SubjectKind.CONSENT,
            subject_id=self.asked.consent.id,
            approach=Approach.EMBEDDED,
            psu=self.psu,
        )

    def visit(self) -> StoreVisit:
        journey = unstored_visit(self.services, BRAND, new_visit(self.services, BRAND, Notice.NONE))
        assert journey is not None
        return StoreVisit(self.services, BRAND, journey, "192.0.2.7")


def _authenticated(visitor: Visitor) -> RecordAuthentication:
    hold = moves(visitor.session.journey, stage=Stage.CONSENT)
    return RecordAuthentication(visitor.services, BRAND, hold, visitor.psu, visitor.evidence)


COMMANDS: dict[type, Callable[[Visitor], Any]] = {
    BeginJourney: lambda of: BeginJourney(of.services, BRAND, of.asked, new_secret(of.services, BRAND, Purpose.CONSENT)),
    SeeJourney: Visitor.see,
    StoreVisit: Visitor.visit,
    EnterJourney: lambda of: of.enter(new_secret(of.services, BRAND, Purpose.CONSENT)),
    PutNotice: lambda of: PutNotice(of.session.journey, Notice.CODE_WRONG),
    EndVisit: lambda of: EndVisit(of.claim),
    AskAgain: lambda of: AskAgain(BRAND.name, moves(of.session.journey, stage=Stage.CONSENT)),
    TakePassword: lambda of: TakePassword(of.services, BRAND, holds(of.session), SUBJECTS),
    ReturnPassword: lambda _: ReturnPassword(BRAND, SUBJECTS),
    TakeSending: lambda of: TakeSending(of.services, BRAND, holds(of.session), of.psu),
    TakeCode: lambda of: TakeCode(of.services, BRAND, holds(of.session), of.psu),
    LiftLockOuts: lambda _: LiftLockOuts(BRAND, (SUBJECTS.password, str(SUBJECTS.peer))),
    StartAuthorisation: Visitor.start,
    StartSignature: lambda of: StartSignature(
        of.services, BRAND, of.asked.consent.id, SubjectKind.CONSENT, of.asked.consent.id, of.psu
    ),
    MoveAuthorisation: lambda of: MoveAuthorisation(BRAND, holds(of.session), AuthorisationStatus.METHOD_SELECTED),
    IdentifyPsu: lambda of: IdentifyPsu(BRAND, holds(of.session), of.psu),
    BeginChallenge: lambda of: BeginChallenge(of.services, BRAND, holds(of.session), of.pending),
    RecordAuthentication: _authenticated,
}
