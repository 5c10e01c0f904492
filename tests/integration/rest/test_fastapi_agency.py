"""A REST agency that this project did not write: FastAPI, described by the OpenAPI document that FastAPI makes of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal

import orjson
import pytest
import uvicorn
from fastapi import Cookie, FastAPI, File, Form, Header, HTTPException, Path, Query, Response, UploadFile
from pydantic import BaseModel, Field
from starlette.requests import Request

from adapters.rest import RestAdapter
from adapters.rest.conformance import request
from gateway.sdk import (
    Accepted,
    Agency,
    Completed,
    DocumentRef,
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
PDF: dict[str, Any] = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
SCAN = b"--\r\n\x00\xff a scan"
SCAN_REF = DocumentRef(sha256(SCAN).hexdigest(), "паспорт.pdf", "application/pdf", "scan", len(SCAN))


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


class Paper(BaseModel):
    """Something that is lent: one of two kinds, told apart by ``kind``."""

    kind: Literal["book"]
    pages: int


class Disc(BaseModel):
    kind: Literal["disc"]
    minutes: float


class Loan(BaseModel):
    thing: Annotated[Paper | Disc, Field(discriminator="kind")]


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

    @app.post("/notices", operation_id="postNotice")
    async def notice(
        title: Annotated[str, Form()], copies: Annotated[int, Form()], tags: Annotated[list[str], Form()]
    ) -> dict[str, Any]:
        return {"title": title, "copies": copies, "tags": tags}

    @app.post("/scans", operation_id="postScan")
    async def scan(file: Annotated[UploadFile, File()], note: Annotated[str, Form()]) -> dict[str, Any]:
        content = await file.read()
        return {"digest": sha256(content).hexdigest(), "name": file.filename, "type": file.content_type, "note": note}

    @app.get("/desk", operation_id="askDesk")
    async def desk(seat: Annotated[int, Cookie()], x_rooms: Annotated[list[str], Header()]) -> dict[str, Any]:
        return {"seat": seat, "rooms": x_rooms[0].split(",")}

    @app.post("/loans", operation_id="lend")
    async def loan(loan: Loan) -> dict[str, Any]:
        return {"lent": loan.thing.kind}

    @app.get("/search", operation_id="search")
    async def search(request: Request) -> dict[str, Any]:
        return {"query": dict(request.query_params)}

    @app.get("/cards/{number}/print", operation_id="printCard", response_class=Response, responses={200: {"content": PDF}})
    async def print_card(number: int) -> Response:
        return Response(b"%PDF-1.4 " + str(number).encode(), media_type="application/pdf")

    return app


def contract(app: FastAPI) -> Agency:
    """Return the contract, made of the document that FastAPI publishes."""
    described = app.openapi()
    # What FastAPI cannot describe: a parameter that is an object.
    described["paths"]["/search"]["get"]["parameters"] = [
        {
            "name": "filter",
            "in": "query",
            "style": "deepObject",
            "explode": True,
            "schema": {"type": "object", "properties": {"title": {"type": "string"}, "year": {"type": "integer"}}},
        }
    ]
    document = orjson.dumps(described)
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
        *(Operation(name, idempotent=True) for name in ("postNotice", "postScan", "askDesk", "lend", "search", "printCard")),
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


async def test_every_kind_of_message(served: str) -> None:
    adapter = RestAdapter(contract(library()))

    async def send(operation: str, product: Any, documents: tuple[DocumentRef, ...] = ()) -> Any:
        async with lend(served, secrets={TOKEN: "t"}, documents={SCAN_REF.digest: SCAN}) as link:
            parsed = await adapter.send(adapter.render(request(operation, product, documents)), link)
            outcome = parsed.outcome
            return parsed if parsed.blobs else outcome.data if isinstance(outcome, Completed) else outcome

    notice = {"title": "Янги & эски = 1+1", "copies": 3, "tags": ["a b", "ў"]}
    assert await send("postNotice", notice) == notice
    scanned = await send("postScan", {"file": f"darcha-document:{SCAN_REF.digest}", "note": "қўшимча"}, (SCAN_REF,))
    assert scanned == {"digest": SCAN_REF.digest, "name": "паспорт.pdf", "type": "application/pdf", "note": "қўшимча"}
    assert await send("askDesk", {"params": {"seat": 7, "x-rooms": ["a", "b"]}}) == {"seat": 7, "rooms": ["a", "b"]}
    asked = {"title": "Ўткан кунлар & co", "year": 1925}
    assert await send("search", {"params": {"filter": asked}}) == {
        "query": {"filter[title]": "Ўткан кунлар & co", "filter[year]": "1925"}
    }
    printed = await send("printCard", {"params": {"number": 5}})
    (document,) = printed.outcome.documents
    assert (document.media_type, printed.blobs[document.digest]) == ("application/pdf", b"%PDF-1.4 5")


async def test_a_choice_is_told_by_its_branch(served: str) -> None:
    adapter = RestAdapter(contract(library()))
    async with lend(served, secrets={TOKEN: "t"}) as link:
        for thing in ({"kind": "book", "pages": 9}, {"kind": "disc", "minutes": 1.5}):
            parsed = await adapter.send(adapter.render(request("lend", {"thing": thing})), link)
            assert parsed.outcome == Completed({"lent": thing["kind"]})
    with pytest.raises(MessageInvalid, match="by kind 'disc'") as refused:
        adapter.render(request("lend", {"thing": {"kind": "disc", "minutes": "long"}}))
    assert refused.value.path == "/thing/minutes"
