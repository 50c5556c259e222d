"""The name of this standard in this version, under which its consents and orders are lodged."""

NAME = "uk_obie/v4.0"
