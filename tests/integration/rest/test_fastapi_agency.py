"""A REST agency that this project did not write: FastAPI, described by the OpenAPI document that FastAPI makes of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import date
from hashlib import sha256
from typing import Annotated, Any

import orjson
import pytest
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Path, Query, Response
from pydantic import BaseModel, Field

from adapters.rest import RestAdapter
from adapters.rest.conformance import request
from gateway.sdk import (
    Accepted,
    Agency,
    Completed,
    Expression,
    Lookup,
    MessageInvalid,
    Misconfigured,
    NotThere,
    Operation,
    Refused,
    Unknown,
)
from gateway.sdk.testing import lend

TOKEN = "secret://library/token"


class Reader(BaseModel):
    """A reader of the (invented) public library."""

    name: str = Field(min_length=1, max_length=40)
    born: date
    branch: int | None = None


class Card(BaseModel):
    number: int
    name: str


class Order(BaseModel):
    id: str


class Problem(BaseModel):
    detail: str


def library() -> FastAPI:
    """Return the agency. It issues cards once per idempotency key, and answers orders later."""
    app = FastAPI(title="Library")
    cards: dict[str, Card] = {}

    @app.post("/cards", operation_id="issueCard", status_code=201, responses={409: {"model": Card}, 403: {"model": Problem}})
    async def issue(
        reader: Reader, response: Response, x_message_id: Annotated[str, Header()], authorization: Annotated[str, Header()] = ""
    ) -> Card:
        if authorization != "Bearer t":
            raise HTTPException(403, "no token")
        if reader.name == "Nobody":
            raise HTTPException(422, "no such person")
        if reader.name == "Broken":
            raise RuntimeError("after the effect" if cards.setdefault(x_message_id, Card(number=0, name="x")) else "")
        if x_message_id in cards:
            response.status_code = 409
        return cards.setdefault(x_message_id, Card(number=len(cards) + 1, name=reader.name))

    @app.get("/cards", operation_id="findCard", responses={404: {"model": Problem}})
    async def find(message: Annotated[str, Query(min_length=3)]) -> Card:
        if message not in cards:
            raise HTTPException(404, "no card by this message")
        return cards[message]

    @app.put("/cards/{number}/orders/{book}", operation_id="orderBook", status_code=202)
    async def order(number: int, book: Annotated[str, Path(max_length=20)], days: Annotated[list[int], Query()]) -> Order:
        return Order(id=f"{number}:{book}:{sum(days)}")

    return app


def contract(app: FastAPI) -> Agency:
    """Return the contract, made of the document that FastAPI publishes."""
    document = orjson.dumps(app.openapi())
    card = Expression('{"outcome": "completed", "data": {"number": body.number}}', "card")
    refused = {"outcome": "refused", "code": "reader", "reason": "=body.detail"}
    operations = (
        Operation(
            "issueCard",
            idempotent=False,
            response=card,
            answers=(
                {"status": 409, "outcome": "duplicate"},
                # FastAPI describes 422 as a list of errors; what this agency says of a person is a text.
                {"status": 422, "any_body": True, "when": "$type(body.detail) = 'string'", "outcome": refused},
            ),
            lookup=Lookup("findCard", Expression("1", "i"), card, absence_conclusive=True),
        ),
        Operation("findCard", idempotent=True, response=card, answers=({"status": 404, "outcome": {"outcome": "not_there"}},)),
        Operation("orderBook", idempotent=True),
    )
    return Agency(
        "library",
        {},
        "rest",
        {o.id: o for o in operations},
        contract="openapi.json",
        auth={"kind": "bearer", "secret": TOKEN},
        files={"openapi.json": document},
        digest=sha256(document).hexdigest(),
    )


@pytest.fixture
async def served() -> AsyncIterator[str]:
    """The address of the agency, on a free port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(library(), log_level="critical", lifespan="off"))
    task = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


async def test_the_document_is_a_clean_contract() -> None:
    assert RestAdapter(contract(library())).check() == []


async def test_round_trips(served: str) -> None:
    adapter = RestAdapter(contract(library()))

    async def send(operation: str, product: Any) -> Any:
        async with lend(served, secrets={TOKEN: "t"}) as link:
            return (await adapter.send(adapter.render(request(operation, product)), link)).outcome

    async def look(message: str) -> Any:
        async with lend(served, secrets={TOKEN: "t"}) as link:
            asked = adapter.render(request("findCard", {"params": {"message": message}}))
            return (await adapter.lookup("issueCard", asked, link)).outcome

    message_id = request("issueCard", None).message_id
    reader = {"name": "Namunayeva", "born": "1990-02-03", "branch": None}
    assert isinstance(await look(message_id), NotThere)
    assert await send("issueCard", reader) == Completed({"number": 1})
    assert await send("issueCard", reader) == Completed({"number": 1}), "a duplicate that the agency recognises counts as sent"
    assert await look(message_id) == Completed({"number": 1})
    assert await send("orderBook", {"params": {"number": 7, "book": "Ўткан кунлар", "days": [1, 2]}}) == Accepted(
        "7:Ўткан кунлар:3"
    )


async def test_refusals(served: str) -> None:
    adapter = RestAdapter(contract(library()))

    async def send(name: str, held: str = "t") -> Any:
        async with lend(served, secrets={TOKEN: held}) as link:
            return (await adapter.send(adapter.render(request("issueCard", {"name": name, "born": "1990-02-03"})), link)).outcome

    assert await send("Nobody") == Refused("reader", "no such person")
    assert isinstance(await send("Namunayeva", "wrong"), Misconfigured)
    assert isinstance(await send("Broken"), Unknown)
    with pytest.raises(MessageInvalid):
        await send("")
