"""Problems that this standard alone tells apart."""

from kernel.errors import Problem


class ParameterUnsupported(Problem):
    """One that a bank need not offer. NextGenPSD2 XS2A 1.3, "Message Codes"."""

    code, public = "parameter_unsupported", "A parameter, or its value, is not offered here."
