"""What the timeline says beside an event: facts, who did it, and in short what else to know."""

from __future__ import annotations

from typing import Final

from gateway.application.timeline_texts import EVENTS

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    **{f"event.{type_}": four for type_, four in EVENTS.items()},
    "fact.payment": ("toʻlov", "оплата", "төлөм", "payment"),
    "fact.completeness": ("hujjatlar toʻliq", "комплектность", "толуктугу", "completeness"),
    "fact.original_seen": ("asl nusxa koʻrildi", "оригинал предъявлен", "түп нускасы көрүлдү", "original seen"),
    "fact.result_collected": ("natija olindi", "результат получен", "натыйжа алынды", "result collected"),
    "fact.registration": ("roʻyxatga olish", "регистрация", "каттоо", "registration"),
    "fact.result_ready": ("natija tayyor", "результат готов", "натыйжа даяр", "result ready"),
    "fact.supplement": ("qoʻshimcha", "дополнение", "кошумча", "supplement"),
    "fact.certificate": ("guvohnoma", "свидетельство", "күбөлүк", "certificate"),
    "actor.gateway": ("shlyuz", "шлюз", "шлюз", "gateway"),
    "actor.operator": ("operator {name}", "оператор {name}", "оператор {name}", "operator {name}"),
    "actor.client": ("{name} tizimi", "система {name}", "{name} системасы", "client {name}"),
    "actor.clerk": ("xodim {name}", "сотрудник {name}", "кызматкер {name}", "clerk {name}"),
    "actor.agency": ("{name}", "ведомство {name}", "{name} идорасы", "agency {name}"),
    "actor.worker": ("ishlovchi", "исполнитель", "аткаруучу", "worker"),
    "actor.clock": ("muddat nazorati", "контроль сроков", "мөөнөт көзөмөлү", "clock"),
    "detail.next": ("keyingisi: {at}", "следующая попытка: {at}", "кийинкиси: {at}", "next: {at}"),
    "detail.due": ("oxirgi payt: {at}", "истекает: {at}", "бүтөр маал: {at}", "ends: {at}"),
    "detail.moved": ("{before} oʻrniga {at}", "{at} вместо {before}", "{before} ордуна {at}", "{at} instead of {before}"),
    "detail.reference": (
        "idoradagi raqam: {reference}",
        "номер в ведомстве: {reference}",
        "идорадагы номер: {reference}",
        "agency's reference: {reference}",
    ),
    "detail.branch": ("boʻlim: {branch}", "подразделение: {branch}", "бөлүм: {branch}", "branch: {branch}"),
    "detail.ground": ("asos: {ground}", "основание: {ground}", "негиз: {ground}", "ground: {ground}"),
}
