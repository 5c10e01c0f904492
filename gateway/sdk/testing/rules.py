"""The rules of the conformance kit, one test a rule. A waiver in a manifest and an exemption name a rule by its key here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RULES: Final[Mapping[str, str]] = {
    "contract_is_clean": "the adapter finds no mistake in its own sample contract",
    "broken_contract_is_told": "a contract that cannot be read is told by check, and nothing is rendered or understood by it",
    "draft_finds_every_operation": "an adapter that onboards contracts finds its own operations, and their examples render",
    "render_is_deterministic": "the same request gives the same message, in this process and in another",
    "render_refuses_what_breaks_the_schema": "nothing that the agency's schema forbids is rendered; it raises MessageInvalid",
    "good_replies_are_understood": "each sample of a reply gives its outcome, of the closed set",
    "duplicates_count_as_sent": "an answer that says the agency knows the message already is Completed or Accepted",
    "hostile_replies_never_raise": "nothing that comes over the wire raises, or is taken for the agency's word",
    "lookups_are_understood": "each sample of an answer to a lookup gives its outcome",
    "callbacks_are_read": "each sample of a callback is read, the same each time, and answered",
    "hostile_callbacks_are_refused": "nothing that is no callback of the contract is taken, and refusals tell nothing of ours",
    "send_tells_what_the_agency_said": "over real HTTP, a good answer gives its outcome, and the agency has one entry",
    "every_fault_is_told_truly": "each fault of the simulator gives an outcome that the table permits, after one processing",
    "replies_have_a_limit": "an answer that does not end, or unpacks to hundreds of megabytes, is given up in bounded memory",
    "documents_are_carried": "a document of eight megabytes arrives whole; where one cannot be fetched nothing is sent",
    "send_never_resends_by_itself": "a kept connection that is reset under a message does not make it go twice",
    "send_to_nobody_is_retry_later": "where nobody listens nothing has left, and so it is RetryLater",
    "lookup_of_nobody_says_nothing": "a lookup that could not be asked says nothing of the message",
    "send_can_be_cancelled": "a cancelled send ends at once and closes its connection",
    "probe_changes_nothing": "a probe tells well from down and leaves nothing in the agency's ledger",
    "trace_reaches_the_agency": "the agency is told the trace context that the link carries",
    "exchanges_are_told": "spans and counters: each exchange is told to the link's observer (bytes, status, duration)",
    "secrets_stay_secret": "no secret stands in a message, an outcome, an error, a repr or a log line, DEBUG included",
    "no_database_is_imported": "importing the adapter loads no database library",
}
