"""An answer of the authorization server, read as its receiver reads it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kernel.http.message import Response


@dataclass
class Answer:
    """A response, read as its receiver reads it."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def json(self) -> Any:
        assert self.response.headers["Content-Type"] == "application/json"
        return json.loads(self.response.body or b"")

    @property
    def error(self) -> tuple[int, str]:
        """Status and OAuth error of a JSON refusal, whose form is checked."""
        document = self.json
        assert set(document) == {"error", "error_description"}
        assert all(" " <= c <= "~" and c not in '"\\' for c in document["error_description"])
        assert self.response.headers["Cache-Control"] == "no-store"
        return self.status, document["error"]

    @property
    def location(self) -> dict[str, str]:
        assert self.status == 303, self.text
        pairs = parse_qsl(urlsplit(self.response.headers["Location"]).query)
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    @property
    def fragment(self) -> dict[str, str]:
        """Of an answer that leaves nothing of its own in the query."""
        assert self.status == 303, self.text
        parts = urlsplit(self.response.headers["Location"])
        assert not {"code", "error", "response", "id_token"} & dict(parse_qsl(parts.query)).keys()
        return dict(parse_qsl(parts.fragment, strict_parsing=True))

    @property
    def text(self) -> str:
        return (self.response.body or b"").decode()

    @property
    def page(self) -> tuple[int, str]:
        assert self.response.headers["Content-Type"].startswith("text/html")
        return self.status, self.text
