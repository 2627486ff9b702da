"""The doors for programs as OpenAPI 3.1: `python -m server.api.described` prints docs/openapi.json.

What requests look like comes from the code that reads them; answers are told as far as programs may rely on them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from desk.files import MOST_BYTES
from desk.requests import AgentRequest, ContactRequest
from server.errors import STATUS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}
PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT,
        "code": {"enum": [*STATUS, "not_signed_in"]}, "field": TEXT, "retry_s": {"type": "number"},
    },
}  # fmt: skip
ANSWER: Schema = {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["ok", "error"]}}}
SIGN_IN: Schema = {
    "type": "object",
    "required": ["email", "password"],
    "properties": {"email": TEXT, "password": TEXT, "totp": TEXT},
}
BEGUN: Schema = {
    "type": "object",
    "required": ["csrf", "agent"],
    "properties": {"csrf": TEXT, "agent": {"type": "object", "required": ["id", "name", "roles", "teams", "status"]}},
}
VISIT: Schema = {"type": "object", "properties": {name: TEXT for name in ("token", "jwt", "email", "code")}}
VISITING: Schema = {
    "type": "object",
    "required": ["token", "contact"],
    "properties": {"token": TEXT, "contact": {"type": "object", "required": ["id", "name", "verified"]}},
}
STATE: Schema = {
    "type": "object",
    "required": ["label", "because", "agent", "until", "next_opening", "office_zone", "valid_for_s"],
}
FILE: Schema = {"type": "object", "required": ["file", "name", "type", "bytes"]}


def described() -> Schema:
    """The whole document."""
    (contact, agent), parts = msgspec.json.schema_components(
        [ContactRequest, AgentRequest], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vipdesk", "version": "1", "license": {"name": "GPL-3.0-or-later"}},
        "paths": _health() | _buttons() | _requests(contact, agent) | _sessions() | _console(),
        "components": {
            "schemas": {**parts, "Problem": PROBLEM},
            "securitySchemes": {
                "contact": {"type": "http", "scheme": "bearer"},
                "agent": {"type": "apiKey", "in": "header", "name": "X-CSRF", "description": "with the session cookie"},
            },
        },
    }


def _health() -> Schema:
    return {
        "/live": {"get": _does("Whether the process answers", {200: _text()})},
        "/ready": {"get": _does("How each part is", {200: _json(OBJECT), 503: _json(OBJECT)})},
    }


def _buttons() -> Schema:
    return {
        "/b/{key}/state": {
            "parameters": [_in_path("key")],
            "get": _does("What a press would do", {200: _json(STATE), 400: _refusal(), 404: _refusal()}),
        },
        "/b/{key}/session": {
            "parameters": [_in_path("key")],
            "post": _does(
                "Begins or goes on with a visit",
                {200: _json(VISITING), 202: _json(OBJECT)} | _refusals(400, 401, 403, 404, 413, 429),
                _body(VISIT),
            ),
        },
    }


def _requests(contact: Schema, agent: Schema) -> Schema:
    return {
        "/x/contact": {"post": _asked("One request of a contact", contact, "contact")},
        "/x/agent": {"post": _asked("One request of an agent", agent, "agent")},
        "/files": {
            "post": _does(
                f"One file of at most {MOST_BYTES} bytes",
                {201: _json(FILE)} | _refusals(400, 401, 403, 413, 429),
                {"multipart/form-data": {"schema": _file()}},
                "contact",
            ),
        },
    }


def _sessions() -> Schema:
    return {
        "/api/v1/sessions": {
            "post": _does(
                "An agent signs in", {201: _json(BEGUN)} | _refusals(400, 401, 403, 413, 429), _body(SIGN_IN)
            ),
        },
        "/api/v1/sessions/current": {
            "get": _does("The present session", {200: _json(BEGUN)} | _refusals(401), by="agent"),
            "delete": _does("Signs out", {204: _nothing()} | _refusals(401, 403), by="agent"),
        },
    }


def _console() -> Schema:
    return {
        "/api/v1/tickets": {
            "parameters": [_in_query("view"), _in_query("q"), _in_query("cursor")],
            "get": _does(
                "Fifty tickets of a view",
                {200: _json(_has("tickets", "next", "counts"))} | _refusals(400, 401),
                by="agent",
            ),
        },
        "/api/v1/tickets/{id}": {
            "parameters": [_in_path("id")],
            "get": _does(
                "One ticket with its last events",
                {200: _json(_has("ticket", "public", "internal", "viewers"))} | _refusals(400, 401, 404),
                by="agent",
            ),
        },
        "/api/v1/customers/{id}": {
            "parameters": [_in_path("id")],
            "get": _does("One customer", {200: _json(OBJECT)} | _refusals(400, 401, 404), by="agent"),
        },
        "/api/v1/mails/{id}": {
            "parameters": [_in_path("id")],
            "get": _does("One mail that came", {200: _json(OBJECT)} | _refusals(400, 401, 404), by="agent"),
        },
        "/api/v1/people": {
            "get": _does("All colleagues", {200: _json(_has("agents"))} | _refusals(401), by="agent"),
        },
    }


def _does(does: str, answers: Mapping[int, Schema], body: Schema | None = None, by: str = "") -> Schema:
    found: Schema = {"summary": does, "responses": {str(status): answer for status, answer in answers.items()}}
    if body is not None:
        found["requestBody"] = {"required": True, "content": body}
    if by:
        found["security"] = [{by: []}]
    return found


def _asked(does: str, schema: Schema, by: str) -> Schema:
    """Refusals of a request are frames, with 200; those of who asks have another status."""
    framed = _json(ANSWER)
    answers = {200: framed, 204: _nothing(), 400: framed, 413: framed, 401: _text(), 403: _text(), 429: _text()}
    return _does(does, answers, _body(schema), by)


def _body(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _json(schema: Schema) -> Schema:
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _text() -> Schema:
    return {"description": "A sentence.", "content": {"text/plain": {"schema": TEXT}}}


def _nothing() -> Schema:
    return {"description": "Done; there is nothing to say."}


def _refusal() -> Schema:
    problem = {"$ref": "#/components/schemas/Problem"}
    return {"description": "Refused (RFC 9457).", "content": {"application/problem+json": {"schema": problem}}}


def _refusals(*statuses: int) -> dict[int, Schema]:
    return {status: _refusal() for status in statuses}


def _has(*names: str) -> Schema:
    return {"type": "object", "required": list(names)}


def _file() -> Schema:
    content = {"type": "string", "format": "binary"}
    return {"type": "object", "required": ["file"], "properties": {"file": content}}


def _in_path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _in_query(name: str) -> Schema:
    return {"name": name, "in": "query", "schema": TEXT}


def text() -> str:
    """The file's content."""
    return json.dumps(described(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
