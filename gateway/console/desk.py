"""The desk: what people are asked for, seen and answered in their inbox. It needs no script, and a sheet of it can be printed.

Who is bound to an inbox sees its tasks and nothing else of a case: what is asked, the data and documents that the task carries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from gateway.application.desk import ANSWERABLE, SPOKEN, Inbox, answer, inbox_of, no_task
from gateway.application.documents import keep_document
from gateway.application.reads import DeskTask, Page
from gateway.application.redo import stamp
from gateway.console.act_fields import About, Field
from gateway.console.desk_answer import DOCUMENTED, FIELDS, data_fields, outcome_of
from gateway.console.errors import Shown, problems_of
from gateway.console.forms import id_of, typed
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.console.words import in_language
from gateway.domain.agency import Operation
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, Conflict, NotFound, Problem, Refusal
from gateway.domain.outcomes import Completed, DocumentRef, LookupOutcome, Progress, name_of
from gateway.domain.request import Request, Work
from gateway.domain.request import RequestStatus as S

pages = Pages()
_PAGE: Final = 50
_ORIGINS: Final = ("scan", "photo", "electronic")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_MOST_FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its page shows it. ``content`` is what was put up: ``what``, ``title``, ``data``, ``documents``."""

    file: CaseFile
    request: Request
    operation: Operation
    title: str
    place: str
    content: Mapping[str, Any]

    @property
    def open(self) -> bool:
        """Whether it can be answered now."""
        return self.request.status in ANSWERABLE

    @property
    def documents(self) -> Sequence[Mapping[str, Any]]:
        """What there is to look at."""
        found = self.content.get("documents")
        return [d for d in found if isinstance(d, Mapping)] if isinstance(found, list) else []


@pages.get("/desk", Scope.DESK)
async def list_tasks(visit: Visit) -> Response:
    """The inbox, what is due first."""
    inbox = _inbox(visit)
    query, problems = visit.request.query_params, list[Shown]()
    places = _places(visit, inbox) if not inbox.branch else []
    chosen = query.get("branch", "") if query.get("branch", "") in {code for code, _ in places} else ""
    page = Page()
    try:
        page = await visit.parts.reads.desk(inbox.agencies, inbox.branch or chosen, query.get("after", "")[:400], _PAGE)
    except BadInput as error:
        problems = problems_of(error, visit.language)
    return visit.render(
        "desk.html",
        status=422 if problems else 200,
        tasks=[(task, _title_of(visit, task), _place(visit, task.agency, task.branch)) for task in page.items],
        answerable=[str(status) for status in ANSWERABLE],
        places=places,
        chosen=chosen,
        inbox_name=_place(visit, inbox.agencies[0], inbox.branch) if len(inbox.agencies) == 1 or inbox.branch else "",
        problems=problems,
        older=visit.with_query(after=page.after) if page.after else "",
        newest=visit.with_query(after="") if "after" in query else "",
    )


@pages.get("/desk/{task}", Scope.DESK)
async def show(visit: Visit) -> Response:
    """One task, with the form to answer it."""
    return await _page(visit, await _task(visit))


@pages.get("/desk/{task}/documents/{digest}", Scope.DESK)
async def document(visit: Visit) -> Response:
    """A document of the task, to be saved: what somebody handed in is never opened as a page of ours."""
    task, digest = await _task(visit), visit.request.path_params["digest"]
    found = next((d for d in task.documents if d.get("digest") == digest), None)
    content = await visit.parts.store.get_blob(digest) if found is not None else None
    if found is None or content is None:
        raise NotFound("not_found", f"the task has no document {digest[:80]!r}")
    name = quote(str(found.get("name") or digest[:12]), safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@pages.post("/desk/{task}/answer", Scope.DESK)
async def give(visit: Visit) -> Response:
    """Answer it. What was put up, or has changed meanwhile, is looked at again before anything is kept."""
    task, parts = await _task(visit), visit.parts
    form = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    try:
        seen = typed(visit, "seen", 64)
        _require_open(task, seen)
        about = About(visit, task.file, task.request)
        outcome = outcome_of(form, about, task.operation, parts.deployment)
        note = typed(visit, "note")
        outcome = await _with_documents(visit, outcome)
        act = answer(_inbox(visit), task.request.id, outcome, visit.name, note, seen=seen)
        await parts.acts.run(task.file.case.id, act)
    except NotFound:
        raise
    except Refusal as error:
        again = await _task(visit)
        status = 409 if isinstance(error, Conflict) else 422
        return await _page(visit, again, form, problems_of(error, visit.language), status)
    return visit.redirect("/desk", done=f"desk_{name_of(outcome)}")


def _inbox(visit: Visit) -> Inbox:
    if visit.client is None:
        raise no_task("")
    return inbox_of(visit.parts.deployment, visit.client, operates=visit.may(Scope.OPERATE))


def _require_open(task: Task, seen: str) -> None:
    if not task.open:
        raise Conflict("answered", f"the task is {task.request.status}")
    if seen != stamp(task.file, task.request):
        raise Conflict("task_moved", "something has happened to the task since it was read")


async def _task(visit: Visit) -> Task:
    """Return the task that the address names. Raises ``NotFound``, also for what stands in another inbox."""
    id_, inbox, parts = id_of(visit, "task"), _inbox(visit), visit.parts
    case_id = await parts.reads.case_of_request(id_)
    file = await parts.reads.case_file(case_id) if case_id is not None else None
    request = file.requests.get(id_) if file is not None else None
    if file is None or request is None or not inbox.holds(request) or request.status in (S.PLANNED, S.READY, S.SKIPPED):
        raise no_task(id_)
    agency = parts.deployment.catalogue.agencies[request.agency]
    operation = agency.operations.get(request.operation) or Operation(request.operation, idempotent=True)
    stored = await parts.store.messages([(id_, Work.SEND)])
    content: Any = {}
    try:
        content = json.loads(stored[id_, Work.SEND].content) if stored else {}
    except ValueError:
        content = {}
    content = content if isinstance(content, dict) else {}
    title = _title(visit, content, operation.id)
    return Task(file, request, operation, title, _place(visit, request.agency, request.branch), content)


def _title_of(visit: Visit, task: DeskTask) -> str:
    return _title(visit, task.task, task.operation)


def _title(visit: Visit, content: Mapping[str, Any], operation: str) -> str:
    title = content.get("title")
    found = in_language(title, visit.language) if isinstance(title, Mapping) else ""
    return found or str(content.get("what") or operation)


def _place(visit: Visit, agency: str, branch: str) -> str:
    """The title of a branch, which may be an office; else the agency's."""
    catalogue = visit.parts.deployment.catalogue
    if branch in catalogue.offices:
        return visit.office_title(branch)
    found = catalogue.agencies.get(agency)
    of = found.branch(branch) if found is not None and branch else None
    return in_language(of.title, visit.language, branch) if of is not None else visit.agency_title(agency)


def _places(visit: Visit, inbox: Inbox) -> list[tuple[str, str]]:
    """The branches that somebody who sees several can narrow to."""
    catalogue = visit.parts.deployment.catalogue
    found: dict[str, str] = {}
    for id_ in inbox.agencies:
        agency = catalogue.agencies[id_]
        codes = catalogue.offices if agency.branches_are_offices else [branch.code for branch in agency.branches]
        found |= {code: _place(visit, id_, code) for code in codes}
    return sorted(found.items(), key=lambda choice: choice[1].casefold()) if len(found) > 1 else []


async def _with_documents(visit: Visit, outcome: LookupOutcome) -> LookupOutcome:
    """Keep what was handed in with the answer. Raises ``BadInput``: an empty file, too many, or an outcome without documents."""
    files = [f for f in visit.form.getlist("files") if isinstance(f, UploadFile) and (f.filename or f.size)]
    if not files:
        return outcome
    if not isinstance(outcome, Completed | Progress):
        raise BadInput([Problem("/files", "no_documents_here", "documents belong to a completed or an interim answer")])
    if len(files) > _MOST_FILES or any(not f.size for f in files):
        raise BadInput([Problem("/files", "bad_files", f"at most {_MOST_FILES} files, none of them empty")])
    origin = str(visit.form.get("origin", ""))
    made = []
    for upload in files:
        media_type = (upload.content_type or "").partition(";")[0].strip().lower()
        row = await keep_document(
            visit.parts.reads,
            visit.parts.mint,
            visit.parts.now,
            await upload.read(),
            name=(upload.filename or "")[:200],
            media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream",
            kind=typed(visit, "document_kind", 100),
            origin=origin if origin in _ORIGINS else _ORIGINS[0],
            client=visit.name,
        )
        made.append(DocumentRef(row.digest, row.name, row.media_type, row.kind, row.size))
    return replace(outcome, documents=tuple(made))


async def _page(
    visit: Visit,
    task: Task,
    values: Mapping[str, str] | None = None,
    problems: Sequence[Shown] = (),
    status: int = 200,
) -> Response:
    about = About(visit, task.file, task.request)
    outcomes = [
        (name, [(field, field.choices(about) if field.choices is not None else ()) for field in FIELDS[name]])
        for name in FIELDS
        if name in SPOKEN and _fits(FIELDS[name], about)
    ]
    return visit.render(
        "task.html",
        status=status,
        zone=visit.zone_of(task.file.case.office),
        task=task,
        request=task.request,
        case=task.file.case,
        outcomes=outcomes,
        data_fields=data_fields(task.operation, visit.language),
        documented=DOCUMENTED,
        origins=_ORIGINS,
        seen=stamp(task.file, task.request),
        values=values or {},
        problems=problems,
    )


def _fits(fields: Sequence[Field], about: About) -> bool:
    """An outcome that asks to choose among nothing is not offered."""
    return all(field.choices is None or field.choices(about) or not field.required for field in fields)
