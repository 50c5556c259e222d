"""Every module of a folder stands in its list, and every refusal has its answer."""

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernel.errors
from consent.app import ROUTES, ConsentServer, _index
from consent.authorization import client_authentication, grants, response_modes
from consent.authorization.authorize import steps as steps_package
from consent.authorization.authorize.steps import STEPS
from consent.authorization.client_authentication import METHODS
from consent.authorization.grants import GRANTS
from consent.authorization.offer.profiles import PROFILES
from consent.authorization.response_modes import MODES
from consent.errors import OAUTH_ERRORS, render_description
from consent.settings import Settings
from kernel.errors import HeaderInvalid, Problem
from kernel.observability.telemetry import Telemetry
from tests.world.authorization import AuthorizationWorld, request_to
from tests.world.brands import BRAND


def modules(package: object) -> set[str]:
    return {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}


def test_every_step_is_in_the_table_once():
    steps = [step for step, _ in STEPS]
    assert len(set(steps)) == len(steps)
    assert {step.__module__.rpartition(".")[2] for step in steps} == {
        path.stem for path in Path(steps_package.__file__).parent.glob("*/check_*.py")
    }


def test_every_grant_and_method_is_listed_once():
    assert {type(grant).__module__.rpartition(".")[2] for grant in GRANTS} == modules(grants) - {"grant", "redemption"}
    assert len({grant.name for grant in GRANTS}) == len(GRANTS)
    assert [method.name for method in METHODS] == sorted(
        modules(client_authentication) - {"assertion", "authenticate", "first_use", "method"}
    )


def test_every_response_mode_is_listed_once_and_every_one_that_a_profile_names_exists():
    names = [mode.name for mode in MODES]
    assert len(set(names)) == len(names)
    assert {type(mode).__module__.rpartition(".")[2] for mode in MODES} == modules(response_modes) - {
        *("choice", "response", "signature"),
    }
    assert set(names) == {mode for profile in PROFILES.values() for modes in profile.response_types.values() for mode in modes}


def test_no_path_has_two_handlers():
    with pytest.raises(ValueError, match="twice"):
        _index((*ROUTES, ROUTES[0]))


# Refusals of resource calls: no endpoint of the authorization server raises them.
OTHERS = {
    *("Problem", "AccountNotConsented", "ConsentMismatch", "CursorInvalid", "FieldExpected", "IdempotencyConflict"),
    *("PermissionMissing", "RoleMissing", "ReauthenticationRequired", "AuthorisationUnknown", "StatementUnknown"),
    *(
        "CurrencyUnsupported",
        "SchemeUnsupported",
        "AccountNumberInvalid",
        "SecondaryNumberUnsupported",
        "InstrumentUnsupported",
        "FrequencyUnsupported",
    ),
    *("OrderUnknown", "OrderStateForbids", "CutOffPassed", "LimitBreached"),
    *("SubscriptionUnknown", "SubscriptionExists", "NoticeKindUnsupported"),
    *("SignatureMissing", "SignatureUnexpected", "SignatureMalformed", "SignatureInvalid"),
    *("SignatureClaimMissing", "SignatureClaimInvalid"),
}


def test_every_refusal_has_its_answer():
    """One that has none is a broken invariant, and would be a 500."""
    for module in (kernel.errors, import_module("consent.errors")):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, Problem) and name not in OTHERS:
                assert kind in OAUTH_ERRORS, name


@given(st.text())
@pytest.mark.spec("RFC6749-5.2")
def test_a_description_holds_only_what_oauth_allows(text: str):
    assert all(" " <= character <= "~" and character not in '"\\' for character in render_description(text))


@pytest.mark.parametrize("name", ["access_token_seconds", "code_seconds", "request_uri_seconds", "id_token_seconds"])
def test_lifetimes_stay_within_what_fapi_allows(name: str):
    for seconds in (0, 4, 3601):
        with pytest.raises(ValueError, match=name):
            Settings(**{name: seconds})
    with pytest.raises(ValueError, match="code_seconds"):
        Settings(code_seconds=61)


async def test_an_unreadable_request_is_refused_in_the_words_of_its_endpoint(oauth: AuthorizationWorld):
    """The listener asks for this when a request's head makes no sense."""
    for path, media_type in (("/token", "application/json"), ("/nothing", "application/json"), ("/login", "text/html")):
        unread = request_to("GET", path)
        answer = ConsentServer(oauth.services, Telemetry()).refuse(BRAND, unread, HeaderInvalid("bad"))
        assert answer.status == 400
        assert answer.headers["Content-Type"].startswith(media_type)
