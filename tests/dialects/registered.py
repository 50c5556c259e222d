"""The command line of a server that has the toy dialect too: `python -m tests.dialects.registered sandbox`."""

import openapi
from tests.dialects.toy.dialect import DIALECT

openapi.DIALECTS = (*openapi.DIALECTS, DIALECT)  # the one line that openapi/__init__.py would have; before others read it

if __name__ == "__main__":
    from portcullis.cli.app import main

    main()
