"""`python -m portcullis`."""

from portcullis.cli import main

main()
