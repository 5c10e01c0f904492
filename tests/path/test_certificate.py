"""From the silence of an agency to the certificate of what the law makes of it, through every role."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import lxml.html

from tests.path.gateway import Gateway

LONG_AGO = (datetime.now(UTC) - timedelta(days=60)).isoformat()


async def test_from_silence_to_certificate(gateway: Gateway) -> None:
    case = await gateway.submit("tacit", scenario="silent")
    await gateway.until_request(case, "awaiting_reply")
    refused = await gateway.refusal("POST", f"/v1/cases/{case}/certificate", {"language": "uz"})
    assert (refused.status, refused.problem["code"]) == (409, "not_tacit")
    await gateway.pay(case, LONG_AGO)
    found = await gateway.until_case(case, "decided")
    assert found["outcome"] == "tacitly_granted"
    issued = await gateway.client.issue_certificate(case, "uz")
    page = await gateway.client.certificate(found["number"], "uz")
    assert hashlib.sha256(page).hexdigest() == issued["digest"]
    tree = lxml.html.document_fromstring(page.decode())
    said = {row.attrib["id"]: str(row.xpath("string(td)")) for row in tree.xpath("//tr")}
    assert (said["number"], said["applicant"], said["check"]) == (found["number"], "Namunayeva Zulfiya", issued["check_value"])
    (clock,) = (await gateway.client.call("GET", f"/v1/cases/{case}/clocks", headers={"Accept-Language": "uz"}))["items"]
    assert [str(li.text_content()) for li in tree.xpath("//ol/li")] == [line["text"] for line in clock["explanation"]]
    event = await gateway.until_event(case, "certificate.issued")
    assert (event["data"]["digest"], event["previous"]) == (issued["digest"], issued["check_value"])
    await gateway.restart()
    assert await gateway.client.issue_certificate(case, "uz") == issued
    assert await gateway.client.certificate(case, "uz") == page
    reference = (await gateway.request(case))["reference"]
    assert (await gateway.call_back("registry", "Done", {"callbackId": "late", "reference": reference, "text": "at last"}))[
        0
    ] == 202
    await gateway.until_case(case, "closed")
    assert (await gateway.client.issue_certificate(case, "ru"))["digest"] != issued["digest"]
