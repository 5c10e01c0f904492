"""What the door says in Uzbek, Russian, Kyrgyz and English, by code. ``{names}`` are filled from the error's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from gateway.api.calendar_words import CALENDAR_RULES
from gateway.api.certificate_words import CERTIFICATE_RULES, CERTIFICATE_TITLES
from gateway.api.repair_words import REPAIR_TITLES
from gateway.api.webhook_words import WEBHOOK_RULES, WEBHOOK_TITLES
from gateway.application.languages import LANGUAGES, negotiate

#: code → (uz, ru, ky, en): the title of a problem document.
_TITLES: Final[dict[str, tuple[str, str, str, str]]] = {
    "bad_input": (
        "Maʼlumotlar qoidaga mos emas",
        "Данные не соответствуют правилам",
        "Маалымат эрежеге туура келбейт",
        "The input breaks a rule",
    ),
    "not_json": ("Bu JSON emas", "Это не JSON", "Бул JSON эмес", "This is not JSON"),
    "unauthenticated": ("Kalit kerak", "Нужен ключ", "Ачкыч керек", "A key is needed"),
    "forbidden": (
        "Bu kalit bunga ruxsat bermaydi",
        "Ключ не даёт такого права",
        "Ачкыч буга укук бербейт",
        "The key does not allow this",
    ),
    "not_bound": (
        "Kalit ish oʻrniga bogʻlanmagan",
        "Ключ не привязан к рабочему месту",
        "Ачкыч жумуш ордуна байланган эмес",
        "The key is bound to no desk",
    ),
    "not_found": ("Bunday narsa yoʻq", "Такого нет", "Мындай жок", "There is no such thing"),
    "method_not_allowed": (
        "Bu manzilda bunday amal yoʻq",
        "Этот адрес такого действия не знает",
        "Бул даректе мындай аракет жок",
        "This address does not know that method",
    ),
    "too_large": ("Hajmi juda katta", "Слишком большой объём", "Көлөмү өтө чоң", "Too large"),
    "unsupported_media_type": (
        "Bu turdagi maʼlumot qabul qilinmaydi",
        "Такой тип данных не принимается",
        "Мындай түрдөгү маалымат кабыл алынбайт",
        "This type of content is not taken",
    ),
    "key_missing": (
        "Idempotency-Key sarlavhasi kerak",
        "Нужен заголовок Idempotency-Key",
        "Idempotency-Key аталышы керек",
        "An Idempotency-Key is needed",
    ),
    "key_reused": (
        "Bu Idempotency-Key boshqa ariza bilan ishlatilgan",
        "Этот Idempotency-Key уже использован с другим заявлением",
        "Бул Idempotency-Key башка арыз менен колдонулган",
        "This Idempotency-Key was used with another body",
    ),
    "still_running": (
        "Birinchi soʻrov hali tugamadi",
        "Первый вызов ещё выполняется",
        "Биринчи чакыруу али бүтө элек",
        "The first call is still running",
    ),
    "already_open": (
        "Bunday ariza allaqachon ochiq",
        "Такое заявление уже открыто",
        "Мындай арыз мурунтан ачык",
        "Such an application is open already",
    ),
    "conflict": (
        "Ariza holati bunga yoʻl bermaydi",
        "Состояние дела этого не допускает",
        "Иштин абалы буга жол бербейт",
        "The state does not allow this",
    ),
    "moved": ("Ariza oʻzgargan", "Дело изменилось", "Иш өзгөргөн", "The case has moved since you read it"),
    "calendar_moved": (
        "Taqvim oʻzgargan",
        "Календарь изменился",
        "Календарь өзгөрдү",
        "The calendar has moved since you read it",
    ),
    "case_closed": ("Ariza yopilgan", "Дело закрыто", "Иш жабылган", "The case is closed"),
    "case_decided": ("Ariza boʻyicha qaror chiqqan", "По делу принято решение", "Иш боюнча чечим чыккан", "The case is decided"),
    "fact_known": ("Bu avval tasdiqlangan", "Это уже подтверждено", "Бул мурда ырасталган", "This was confirmed before"),
    "nothing_asked": (
        "Ariza beruvchidan hech narsa kutilmayapti",
        "От заявителя ничего не ждут",
        "Арыз ээсинен эч нерсе күтүлбөйт",
        "Nothing is asked of the applicant",
    ),
    "transition": (
        "Soʻrov holati bunga yoʻl bermaydi",
        "Состояние запроса этого не допускает",
        "Сурамдын абалы буга жол бербейт",
        "The request's status does not allow this",
    ),
    "answered": (
        "Bu vazifaga javob berilgan",
        "На эту задачу уже ответили",
        "Бул тапшырмага жооп берилген",
        "This task has been answered",
    ),
    "incident_closed": ("Bu holat yopilgan", "Этот случай уже закрыт", "Бул окуя жабылган", "The incident is closed already"),
    "alert_over": ("Ogohlantirish yakunlangan", "Оповещение уже снято", "Эскертүү аяктаган", "The alert is over already"),
    "acknowledged": (
        "Buni allaqachon kimdir oʻz zimmasiga olgan",
        "Это уже взяли в работу",
        "Муну кимдир бирөө өзүнө алган",
        "Somebody has taken it on already",
    ),
    "silence_ended": ("Sokinlik tugagan", "Приостановка уже закончилась", "Токтотуу бүткөн", "The silence has ended already"),
    "expired": ("Havola muddati tugagan", "Срок ссылки истёк", "Шилтеменин мөөнөтү бүткөн", "The reference has expired"),
    "bad_signature": (
        "Havola imzosi notoʻgʻri",
        "Подпись ссылки неверна",
        "Шилтеменин кол тамгасы туура эмес",
        "The signature of the reference is wrong",
    ),
    "unavailable": (
        "Hozir ishlamayapti, birozdan keyin takrorlang",
        "Сейчас недоступно, повторите позже",
        "Азыр жеткиликсиз, бир аздан кийин кайталаңыз",
        "Not available now, try again",
    ),
    "internal": ("Ichki xato", "Внутренняя ошибка", "Ички ката", "Internal error"),
    **CERTIFICATE_TITLES,
    **REPAIR_TITLES,
    **WEBHOOK_TITLES,
}

#: code → (uz, ru, ky, en): broken rules that only the door knows; the others stand in ``application/messages.py``.
_RULES: Final[dict[str, tuple[str, str, str, str]]] = {
    "uuid": ("bu identifikator emas", "это не идентификатор", "бул идентификатор эмес", "this is not an id (a UUID)"),
    "cursor": (
        "sahifa belgisi bizniki emas",
        "указатель страницы не наш",
        "баракча көрсөткүчү биздики эмес",
        "the cursor is not one of ours",
    ),
    "other_list": (
        "sahifa belgisi boshqa filtr yoki tartibdagi roʻyxatniki",
        "указатель страницы — от списка с другим фильтром или порядком",
        "баракча көрсөткүчү башка чыпка же иреттеги тизмеден",
        "the cursor belongs to a list with another filter or order",
    ),
    "case_number": (
        "bu ariza raqami ham, uning boshlanishi ham emas (kamida 3 ta belgi)",
        "это не номер заявления и не его начало (не меньше 3 знаков)",
        "бул арыздын номери да, анын башталышы да эмес (кеминде 3 белги)",
        "this is neither a case number nor its beginning (at least 3 characters)",
    ),
    "empty": ("boʻsh boʻlmasligi kerak", "не должно быть пустым", "бош болбошу керек", "must not be empty"),
    "unknown_document": (
        "bunday hujjat yuborilmagan: avval POST /v1/documents",
        "такого документа нет: сначала POST /v1/documents",
        "мындай документ жок: адегенде POST /v1/documents",
        "there is no such document: send it first, POST /v1/documents",
    ),
    "silence_order": (
        "sokinlik boshlanishidan keyin va kelajakda tugaydi",
        "приостановка заканчивается после начала и в будущем",
        "токтотуу башталгандан кийин жана келечекте бүтөт",
        "a silence ends after it begins, and in the future",
    ),
    "silence_long": (
        "sokinlik eng koʻpi {days} kun davom etadi",
        "приостановка длится не больше {days} дн.",
        "токтотуу эң көп {days} күнгө созулат",
        "a silence lasts {days} days at most",
    ),
    "no_such_name": ("bunday nom yoʻq", "такого имени нет", "мындай ат жок", "there is no such name"),
    **CALENDAR_RULES,
    **CERTIFICATE_RULES,
    **WEBHOOK_RULES,
}


def language_of(request: Request) -> str:
    """Return the language of a call's answer."""
    return negotiate(request.headers.get("accept-language", ""))


def title(code: str, language: str, fallback: str = "conflict") -> str:
    """Return the title of a problem with this code."""
    return _TITLES.get(code, _TITLES[fallback])[LANGUAGES.index(language)]


def title_of(code: str, language: str) -> str | None:
    """Return the title of a problem with this code, or ``None`` when the code has none of its own."""
    return title(code, language) if code in _TITLES else None


def rule(code: str, language: str, params: Mapping[str, object]) -> str | None:
    """Return what one broken rule says, or ``None`` when the code is not one of the door's."""
    texts = _RULES.get(code)
    if texts is None:
        return None
    try:
        return texts[LANGUAGES.index(language)].format_map(params)
    except KeyError:
        return None


__all__ = ["LANGUAGES", "language_of", "negotiate", "rule", "title", "title_of"]
