"""The countries whose banks the schemes of SEPA reach, as an IBAN names them. European Payments Council EPC409-09, and Regulation (EU) 2024/886."""

# The euro area since 2026: every bank that sends credit transfers receives instant ones.
EURO_AREA = frozenset(
    {
        *("AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"),
    }
)
OTHERS = frozenset(
    {
        *("AD", "AL", "CH", "CZ", "DK", "GB", "GI", "HU", "IS", "LI", "MC"),
        *("MD", "ME", "MK", "NO", "PL", "RO", "RS", "SE", "SM", "VA"),
    }
)
SEPA = EURO_AREA | OTHERS
