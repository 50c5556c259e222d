"""Why a page of the PSU's journey is refused, and how each refusal looks on a page: status, OAuth error code, what to do next.

A refusal never harms the journey it names: a forged, stale or replayed form leaves it as it was.
"""

from consent.authentication.challenge import AuthenticationUnavailable
from consent.customer.pages.refusals import text_for_person
from consent.errors import oauth_error
from kernel.errors import Problem


class JourneyUnknown(Problem):
    code = "journey_unknown"
    public = "We cannot find your session. Please go back to the app or website you came from and start again."


class JourneyExpired(Problem):
    code = "journey_expired"
    public = "To keep you safe we ended your session, because it was open for too long. Please go back to the app or website you came from and start again."


class JourneyAnswered(Problem):
    code = "journey_answered"
    public = "You have already answered this request. You can close this page, or go back to the app or website you came from."


class FormForged(Problem):
    code = "form_forged"
    public = "This form did not come from the page we showed you, so we have not used it. Nothing was shared or paid. Please go back to the app or website you came from and start again."


class FormStale(Problem):
    """The form belongs to a stage that the journey has left, or has not reached."""

    code = "form_stale"
    public = "That page is out of date, so we have not used what it sent. You can carry on where you left off."


class FormMalformed(Problem):
    code = "form_malformed"
    public = "We could not read the form that was sent, so we have not used it. Go back one page and try again."


class AccessUnknown(Problem):
    """A consent that does not exist, or that another PSU gave."""

    code = "access_unknown"
    public = "We cannot find what you are looking for. It may have been typed wrongly. Choose it from the list."


_PAGES: dict[type[Problem], tuple[int, str]] = {
    JourneyUnknown: (400, "invalid_request"),
    JourneyExpired: (400, "access_denied"),
    JourneyAnswered: (409, "invalid_request"),
    FormForged: (403, "invalid_request"),
    FormStale: (409, "invalid_request"),
    FormMalformed: (400, "invalid_request"),
    AccessUnknown: (404, "invalid_request"),
    AuthenticationUnavailable: (403, "access_denied"),
}


def page_text(problem: Problem) -> tuple[str, str]:
    """The page's text for the PSU, who did not write the faulty request; and the reason for the client's developers, "" if the text says
    all."""
    return (problem.public, "") if type(problem) in _PAGES else (text_for_person(problem), problem.public)


def page_error(problem: Problem) -> tuple[int, str]:
    """HTTP status and OAuth error code of the page that shows a refusal. Never 401: a page knows no scheme to authenticate with."""
    status, error_code = _PAGES.get(type(problem)) or oauth_error(problem)
    return (400 if status == 401 else status), error_code
