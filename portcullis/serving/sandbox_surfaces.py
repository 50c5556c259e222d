"""The surfaces that a sandbox has before those of production: the parts of its control API, each of which owns its paths."""

from functools import partial

from consent.authentication.lock_outs import unlock
from plugins.ledger.ledger import Ledger
from portcullis.compose.composition import Composition, Parts
from portcullis.serving.front import Surface
from portcullis.settings.schema import Settings
from sandbox.control.actions import Actions
from sandbox.control.clerk import Clerk
from sandbox.control.surface import PREFIX, Control
from sandbox.control.teller import Teller
from sandbox.control.tpp_desk import TppDesk


def sandbox_surfaces(settings: Settings, parts: Parts, composition: Composition, actions: Actions) -> tuple[Surface, ...]:
    """In the order in which they claim a path; the last one owns the rest of the control API."""
    desk = TppDesk(token=settings.sandbox_token, services=composition.services, store=composition.store, tpps=actions.tpps)
    clerk, teller, control = (
        _clerk(settings, parts, composition),
        _teller(settings, parts, composition),
        _control(settings, parts, actions),
    )
    return (
        Surface(clerk.owns, clerk.handle, clerk.refuse),
        Surface(teller.owns, teller.handle, teller.refuse),
        Surface(desk.owns, desk.handle, desk.refuse),
        Surface(lambda path: path.startswith(PREFIX), control.handle, control.refuse),
    )


def _clerk(settings: Settings, parts: Parts, composition: Composition) -> Clerk:
    return Clerk(
        token=settings.sandbox_token,
        clock=parts.clock,
        commands=composition.services.commands,
        ledger=Ledger(parts.sealer, parts.clock),
        consents=composition.store,
        identity=parts.identity,
        customer_accounts=parts.customer_accounts,
        unlock=partial(unlock, composition.services),
    )


def _teller(settings: Settings, parts: Parts, composition: Composition) -> Teller:
    return Teller(
        token=settings.sandbox_token,
        clock=parts.clock,
        ids=parts.ids,
        commands=composition.services.commands,
        sealer=parts.sealer,
        identity=parts.identity,
        customer_accounts=parts.customer_accounts,
    )


def _control(settings: Settings, parts: Parts, actions: Actions) -> Control:
    return Control(
        token=settings.sandbox_token,
        clock=parts.clock,
        moved_clock=actions.moved_clock,
        decide=actions.decide,
        answer=actions.answer,
        list_tpps=actions.tpps.list,
        new_tpp=actions.new_tpp,
        revoke_tpp=actions.revoke_tpp,
        renew_tpp=actions.renew_tpp,
        reset=actions.reset,
    )
