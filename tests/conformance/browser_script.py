"""The script of the suite's browser on our pages: alice logs in, chooses an account and approves; where a module asks for
something else, the entries that replace those.

A task is one page. A module that ends on an error page says which code must stand there: a page with another one fails it.
"""

from typing import Any

PAGE_SECONDS = 20
USERNAME, PASSWORD = "alice", "alice-pw"
EVERYTHING = "*"

# modules whose answer is a page, because the redirect URI cannot be trusted; and what stands on it
ERROR_PAGES = {
    "fapi1-advanced-final-ensure-registered-redirect-uri": "invalid_request",
    "fapi1-advanced-final-ensure-redirect-uri-in-authorization-request": "invalid_request",
}


def render_browser(issuer: str, suite: str) -> list[dict[str, Any]]:
    """The ordinary way."""
    return [_entry(issuer, [_login(issuer), _approve(issuer), _done(suite)])]


def render_overrides(prefix: str, issuer: str, suite: str) -> dict[str, dict[str, Any]]:
    """The scripts that replace it, by module."""
    approving = [_login(issuer), _approve(issuer), _done(suite)]
    ways: dict[str, list[dict[str, Any]]] = {
        "user-rejects-authentication": [_entry(issuer, [_login(issuer), _deny(issuer), _done(suite)])],
        "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": [
            _entry(issuer, [{"task": "Look at the login page", "match": f"{issuer}/login*", "commands": [_wait("login-submit")]}], limit=1),
            _entry(issuer, approving),
        ],
    }  # fmt: skip
    pages = {name: [_entry(issuer, [_error_page(issuer, code)])] for name, code in ERROR_PAGES.items() if name.startswith(prefix)}
    return {name: {"browser": way} for name, way in ({prefix + module: way for module, way in ways.items()} | pages).items()}


def _entry(issuer: str, tasks: list[dict[str, Any]], *, limit: int | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {"match": f"{issuer}/authorize*", "tasks": tasks}
    return entry if limit is None else entry | {"match-limit": limit}


def _login(issuer: str) -> dict[str, Any]:
    commands = [["text", "id", "username", USERNAME], ["text", "id", "password", PASSWORD], ["click", "id", "login-submit"]]
    return {"task": "Log in", "match": f"{issuer}/login*", "optional": True, "commands": commands}


def _approve(issuer: str) -> dict[str, Any]:
    commands = [["click", "id", "account-0"], ["click", "id", "consent-approve"]]
    # a request that is refused by redirect never shows it; a browser that does not end at the suite fails the last task
    return {"task": "Choose an account", "match": f"{issuer}/consent*", "optional": True, "commands": commands}


def _deny(issuer: str) -> dict[str, Any]:
    return {"task": "Deny", "match": f"{issuer}/consent*", "commands": [["click", "id", "consent-deny"]]}


def _done(suite: str) -> dict[str, Any]:
    return {"task": "Be sent back", "match": f"{suite}/test/*", "commands": [_wait("submission_complete")]}


def _error_page(issuer: str, code: str) -> dict[str, Any]:
    shown = ["wait", "id", "error-code", PAGE_SECONDS, code, "update-image-placeholder"]
    return {"task": f"Read {code}", "match": f"{issuer}/{EVERYTHING}", "commands": [shown]}


def _wait(element: str) -> list[Any]:
    return ["wait", "id", element, PAGE_SECONDS]
