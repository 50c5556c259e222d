"""Problems that only this standard distinguishes."""

from kernel.errors import Problem


class SessionsUnsupported(Problem):
    """A consent and a payment in one session. NextGenPSD2 XS2A 1.3, "Combination of AIS and PIS Services"."""

    code, public = "sessions_unsupported", "Combined services are not offered."


class ServiceUnsupported(Problem):
    """A kind of access that a bank need not offer. NextGenPSD2 XS2A 1.3, "Message Codes"."""

    code, public = "service_unsupported", "This kind of access is not offered here."


class PeriodInvalid(Problem):
    """Days that are in the wrong order, or that no bank has. NextGenPSD2 XS2A 1.3, "Message Codes"."""

    code, public = "period_invalid", "The period is out of bounds."


class ParameterUnsupported(Problem):
    """One that a bank need not offer. NextGenPSD2 XS2A 1.3, "Message Codes"."""

    code, public = "parameter_unsupported", "A parameter, or its value, is not offered here."
