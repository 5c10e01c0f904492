"""Words for where things stand: cases, outcomes, requests, clocks, holders, incidents, lanes."""

from __future__ import annotations

from typing import Final

from gateway.application.incident_names import NAMES
from gateway.application.timeline_texts import HOLDERS, OUTCOMES

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    # cases
    "case_status.received": ("qabul qilindi", "принято", "кабыл алынды", "received"),
    "case_status.in_progress": ("koʻrib chiqilmoqda", "рассматривается", "каралууда", "in progress"),
    "case_status.awaiting_applicant": ("arizachi kutilmoqda", "ждёт заявителя", "арыз ээси күтүлүүдө", "awaits the applicant"),
    "case_status.decided": ("qaror chiqdi", "решено", "чечим чыкты", "decided"),
    "case_status.closed": ("yopildi", "закрыто", "жабылды", "closed"),
    "case_status.withdrawn": ("qaytarib olindi", "отозвано", "кайтарылып алынды", "withdrawn"),
    "outcome.granted": ("qanoatlantirildi", "удовлетворено", "канааттандырылды", "granted"),
    "outcome.partly_granted": (
        "qisman qanoatlantirildi",
        "удовлетворено частично",
        "жарым-жартылай канааттандырылды",
        "partly granted",
    ),
    "outcome.refused": ("rad etildi", "отказано", "баш тартылды", "refused"),
    "outcome.returned": ("koʻrilmay qaytarildi", "возвращено без рассмотрения", "каралбай кайтарылды", "returned"),
    "outcome.tacitly_granted": ("sukut boʻyicha berildi", "удовлетворено по умолчанию", "унчукпай макулданды", "tacitly granted"),
    "outcome.tacitly_refused": (
        "sukut boʻyicha rad etildi",
        "отказано по умолчанию",
        "унчукпай баш тартылды",
        "tacitly refused",
    ),
    "outcome.lapsed": ("kuchini yoʻqotdi", "утратило силу", "күчүн жоготту", "lapsed"),
    # requests
    "request_status.planned": ("rejada", "запланирован", "пландалган", "planned"),
    "request_status.skipped": ("kerak boʻlmadi", "не потребовался", "керек болгон жок", "not needed"),
    "request_status.ready": ("navbatda", "в очереди", "кезекте", "queued"),
    "request_status.released": ("yuborilmoqda", "отправляется", "жөнөтүлүүдө", "being sent"),
    "request_status.awaiting_reply": ("javob kutilmoqda", "ждёт ответа", "жооп күтүлүүдө", "awaits a reply"),
    "request_status.awaiting_applicant": ("arizachi kutilmoqda", "ждёт заявителя", "арыз ээси күтүлүүдө", "awaits the applicant"),
    "request_status.in_doubt": (
        "yetkazilgani tasdiqlanmagan",
        "доставка не подтверждена",
        "жеткирүү ырасталган эмес",
        "delivery not confirmed",
    ),
    "request_status.parked": ("operatorni kutmoqda", "ждёт оператора", "операторду күтүүдө", "waits for an operator"),
    "request_status.completed": ("bajarildi", "выполнен", "аткарылды", "done"),
    "request_status.refused": ("rad etildi", "отказано", "баш тартылды", "refused"),
    "request_status.superseded": ("almashtirildi", "заменён", "алмаштырылды", "replaced"),
    "request_status.cancelled": ("bekor qilindi", "отменён", "жокко чыгарылды", "cancelled"),
    # outcomes of an attempt
    **{f"said.{outcome}": four for outcome, four in OUTCOMES.items()},
    # what a release asked for
    "work.send": ("yuborish", "отправка", "жөнөтүү", "sending"),
    "work.lookup": ("tekshirish", "проверка", "текшерүү", "looking up"),
    "work.poll": ("javobni soʻrash", "опрос", "жоопту суроо", "asking for the reply"),
    "work.cancel": ("bekor qilish", "отмена", "жокко чыгаруу", "cancelling"),
    # holders
    **{f"holder.{holder}": four for holder, four in HOLDERS.items()},
    "holder.clock": ("muddat nazorati", "контроль сроков", "мөөнөт көзөмөлү", "the clock"),
    # channels
    "channel.counter": ("darcha", "окно", "терезе", "counter"),
    "channel.portal": ("portal", "портал", "портал", "portal"),
    "channel.mobile": ("koʻchma guruh", "выездная группа", "көчмө топ", "mobile team"),
    "channel.post": ("pochta", "почта", "почта", "post"),
    # incidents, as a heading
    **{f"incident.{kind}": four for kind, four in NAMES.items()},
    # lanes
    "lane.open": ("ishlayapti", "работает", "иштеп жатат", "working"),
    "lane.paused": ("toʻxtatilgan", "остановлен", "токтотулган", "paused"),
    "lane.resting": ("tanaffusda", "пережидает", "тыныгууда", "resting"),
    "lane.failing": ("uzilishlar bor", "есть сбои", "үзгүлтүктөр бар", "failing"),
}
