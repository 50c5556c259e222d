"""The paths of the pages, by what the PSU has come for and the stage of the journey."""

from collections.abc import Mapping

from consent.store.rows.journeys import Journey, Purpose, Stage

# Where each stage's page stands; a finished journey has none. The last stage is what the PSU has come for.
PATHS: Mapping[Purpose, Mapping[Stage, str]] = {
    Purpose.CONSENT: {Stage.PASSWORD: "/login", Stage.SCA: "/sca", Stage.CONSENT: "/consent"},
    Purpose.DASHBOARD: {Stage.PASSWORD: "/consents/login", Stage.SCA: "/consents/sca", Stage.DASHBOARD: "/consents"},
}


def path_of(journey: Journey) -> str:
    """The page that is due. A journey that is done has none."""
    return PATHS[journey.purpose][journey.stage]
