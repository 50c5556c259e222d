"""The day on which a bank makes a payment that is planned for a day: ahead of today, not too far, and a working day."""

from datetime import date, datetime, timedelta

from kernel.brand import Brand
from kernel.cut_offs import start_of
from kernel.errors import FieldDateInvalid


def check_ahead(asked: date, brand: Brand, now: datetime, name: str) -> date:
    """The day on which a payment planned for `asked` is made. `name`: of the member. Raises FieldDateInvalid."""
    today = now.astimezone(brand.zone).date()
    if asked <= today:
        raise FieldDateInvalid(f"{asked} is not ahead of {today}", public="The day must be later than today.", path=name)
    if asked > today + timedelta(days=brand.planned_days_max):
        raise FieldDateInvalid(
            f"{asked} is too far ahead", public="The day is further ahead than payments are planned.", path=name
        )
    if brand.cut_off is None:
        return asked
    working = next(brand.cut_off.working_days(asked))
    if working != asked and brand.cut_off.planned == "refused":
        raise FieldDateInvalid(f"{asked} is no working day", public="No payments are made on that day.", path=name)
    return working


def end_of(day: date, brand: Brand) -> datetime:
    """The first instant at that bank after the day."""
    return start_of(day + timedelta(days=1), brand.zone)
