"""What an alert says, in the four languages: what happened, and what a person should do about it.

An alert leaves the gateway for telephones and chats. So it names the case's number, the agency, the step and the date,
and never quotes what an agency or an applicant wrote: reasons and data stay behind the gateway's own door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain.incident import IncidentKind as K
from gateway.domain.service import Text

LANGUAGES: Final = ("uz", "ru", "ky", "en")
DEFAULT_LANGUAGE: Final = "en"
#: Kinds after which something is lost or late if nobody comes; the rest are warnings.
GRAVE: Final = frozenset({K.CLOCK_BREACHED, K.EXHAUSTED, K.IN_DOUBT, K.LANE_MISCONFIGURED, K.CONTRADICTION, K.FOREIGN_WORKER})


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert in one language. ``grave`` decides how loud the channel makes it."""

    title: str
    body: str
    grave: bool = False


def _text(uz: str, ru: str, ky: str, en: str) -> Text:
    return {"uz": uz, "ru": ru, "ky": ky, "en": en}


WHAT: Final[Mapping[str, Text]] = {
    K.EXHAUSTED: _text(
        "Idoraga yuborishning barcha urinishlari tugadi; soʻrov operatorni kutmoqda.",
        "Все попытки отправки в ведомство исчерпаны; запрос ждёт оператора.",
        "Идорага жөнөтүү аракеттеринин баары түгөндү; суроо операторду күтүүдө.",
        "All tries at the agency failed; the request waits for an operator.",
    ),
    K.IN_DOUBT: _text(
        "Yetkazilgani tasdiqlanmadi: idora soʻrovni olgan-olmaganini aniqlang.",
        "Доставка не подтверждена: выясните, получило ли ведомство запрос.",
        "Жеткирүү ырасталган жок: идора суроону алганын тактаңыз.",
        "Delivery is not confirmed: find out whether the agency has the request.",
    ),
    K.INVALID: _text(
        "Idora xabarimizni oʻqiy olmadi; maʼlumotlar moslashuvini tekshiring.",
        "Ведомство не смогло прочитать сообщение; проверьте преобразование данных.",
        "Идора билдирүүбүздү окуй алган жок; маалыматтын дал келүүсүн текшериңиз.",
        "The agency cannot read our message; check the mapping.",
    ),
    K.RENDER_FAILED: _text(
        "Idora uchun xabar tuzilmadi; maʼlumotlar moslashuvini tekshiring.",
        "Сообщение для ведомства не составлено; проверьте преобразование данных.",
        "Идора үчүн билдирүү түзүлгөн жок; маалыматтын дал келүүсүн текшериңиз.",
        "The message for the agency could not be made; check the mapping.",
    ),
    K.CONTRADICTION: _text(
        "Tugallangan soʻrovga zid javob keldi: qoʻllang yoki rad eting.",
        "Пришёл ответ, который противоречит завершённому запросу: примените или отклоните его.",
        "Бүткөн суроого карама-каршы жооп келди: колдонуңуз же четке кагыңыз.",
        "A reply contradicts a finished request: apply or dismiss it.",
    ),
    K.NO_BRANCH: _text(
        "Hudud uchun idora boʻlimi aniqlanmadi yoki bir nechta.",
        "Для территории не найдено подразделение ведомства или найдено несколько.",
        "Аймак үчүн идоранын бөлүмү табылган жок же бир нечеси табылды.",
        "No branch, or more than one, serves the territory.",
    ),
    K.REDIRECT_LOOP: _text(
        "Idora boʻlimlari soʻrovni bir-biriga qaytarmoqda.",
        "Подразделения ведомства пересылают запрос друг другу.",
        "Идоранын бөлүмдөрү суроону бири-бирине жөнөтүүдө.",
        "The agency's branches send the request to one another.",
    ),
    K.NO_DECISION: _text(
        "Barcha bosqichlar tugadi, lekin qaror chiqmadi; xizmat qoidasini tekshiring.",
        "Все шаги завершены, но решения нет; проверьте правило услуги.",
        "Бардык кадамдар бүттү, бирок чечим жок; кызматтын эрежесин текшериңиз.",
        "All steps are done and there is no decision; check the service's rule.",
    ),
    K.NO_REPLY: _text(
        "Idora qabul qilgan soʻroviga vaʼda qilingan muddatda javob bermadi.",
        "Ведомство приняло запрос и не ответило в обещанное время.",
        "Идора суроону кабыл алып, убада кылган мөөнөттө жооп берген жок.",
        "The agency accepted the request and has not answered in its time.",
    ),
    K.EFFECT_TO_UNDO: _text(
        "Ariza qaytarib olindi, lekin idoradagi natijani bekor qilish kerak.",
        "Заявление отозвано, но результат в ведомстве нужно отменить.",
        "Арыз кайтарылып алынды, бирок идорадагы натыйжаны жокко чыгаруу керек.",
        "The application was withdrawn; its effect at the agency has to be undone.",
    ),
    K.APPLICANT_DEADLINE: _text(
        "Arizachi soʻralgan hujjatni muddatida taqdim etmadi; qaror qabul qiling.",
        "Заявитель не представил запрошенное в срок; примите решение.",
        "Арыз ээси суралганды мөөнөтүндө берген жок; чечим кабыл алыңыз.",
        "The applicant did not supply what was asked in time; decide what follows.",
    ),
    K.CLOCK_WARNING: _text(
        "Muddat tugashiga oz qoldi.",
        "Срок скоро истекает.",
        "Мөөнөт жакында бүтөт.",
        "A term is about to end.",
    ),
    K.CLOCK_BREACHED: _text(
        "Muddat oʻtdi.",
        "Срок истёк.",
        "Мөөнөт өттү.",
        "A term has run out.",
    ),
    K.UNMATCHED_CALLBACK: _text(
        "Idora javobi hech bir soʻrovga mos kelmadi.",
        "Ответ ведомства не относится ни к одному запросу.",
        "Идоранын жообу бир да суроого туура келген жок.",
        "A reply of the agency belongs to no request.",
    ),
    K.DEAD_LETTER: _text(
        "Xabarni qayta ishlab boʻlmadi; u alohida saqlandi.",
        "Сообщение не удалось обработать; оно отложено.",
        "Билдирүүнү иштетүү мүмкүн болгон жок; ал өзүнчө сакталды.",
        "A message could not be worked on and is kept aside.",
    ),
    K.LANE_MISCONFIGURED: _text(
        "Idora kanali toʻxtatildi: manzil, kirish maʼlumotlari yoki sertifikatni tekshiring.",
        "Канал ведомства остановлен: проверьте адрес, учётные данные или сертификат.",
        "Идора каналы токтотулду: даректи, кирүү маалыматын же сертификатты текшериңиз.",
        "The agency's lane is paused: check address, credentials or certificate.",
    ),
    K.FOREIGN_WORKER: _text(
        "Kanalga begona foydalanuvchi javob yubordi; javob qabul qilinmadi.",
        "Ответ пришёл от пользователя, которому канал не принадлежит; он не принят.",
        "Жооп каналга тиешеси жок колдонуучудан келди; ал кабыл алынган жок.",
        "A reply came from a user that does not own the lane; it was not accepted.",
    ),
    K.RULE_FAILED: _text(
        "Xizmat qoidasini hisoblab boʻlmadi; qoidani tekshiring.",
        "Правило услуги не вычисляется; проверьте его.",
        "Кызматтын эрежеси эсептелген жок; эрежени текшериңиз.",
        "A rule of the service could not be evaluated; check it.",
    ),
    "test": _text(
        "Bu sinov xabari. Ogohlantirishlar yetib kelmoqda.",
        "Это пробное сообщение. Оповещения доходят.",
        "Бул сыноо билдирүүсү. Эскертүүлөр жетип жатат.",
        "This is a test. Alerts arrive.",
    ),
}
_UNKNOWN: Final = _text(
    "Operator eʼtibori kerak.", "Требует внимания оператора.", "Оператордун көңүлү керек.", "An operator is needed."
)
_LABELS: Final[Mapping[str, Text]] = {
    "case_number": _text("Ariza raqami", "Заявка №", "Арыз №", "Case"),
    "agency": _text("Idora", "Ведомство", "Идора", "Agency"),
    "lane": _text("Idora kanali", "Канал ведомства", "Идора каналы", "Lane"),
    "step": _text("Bosqich", "Шаг", "Кадам", "Step"),
    "due_at": _text("Muddat", "Срок", "Мөөнөт", "Due"),
    "waiting_on": _text("Kimda", "У кого", "Кимде", "Held by"),
    "incident": _text("Hodisa", "Инцидент", "Окуя", "Incident"),
}


def alert_of(payload: Mapping[str, Any], language: str, zone: ZoneInfo) -> Alert:
    """Return the alert for an incident's delivery row.

    ``payload`` has ``kind`` and may have ``case_number``, ``agency``, ``lane``, ``incident`` and a ``detail`` with
    ``number``, ``step``, ``due_at`` (RFC 3339) and ``waiting_on``; everything else is left out on purpose. An unknown
    language is told in English, an unknown kind in general words. Times are shown in ``zone``.
    """
    lang = language if language in LANGUAGES else DEFAULT_LANGUAGE
    kind = str(payload.get("kind", ""))
    what = WHAT.get(kind, _UNKNOWN)[lang]
    detail = payload.get("detail") or {}
    number = str(payload.get("case_number") or detail.get("number") or "")
    lane, agency = str(payload.get("lane") or ""), str(payload.get("agency") or "")
    facts = {
        "case_number": number,
        "agency": agency,
        "lane": lane if lane != agency else "",
        "step": str(detail.get("step") or ""),
        "due_at": _when(detail.get("due_at"), zone),
        "waiting_on": ", ".join(str(w["holder"]) for w in detail.get("waiting_on") or () if "holder" in w),
        "incident": str(payload.get("incident") or ""),
    }
    body = "\n".join([what, *(f"{_LABELS[key][lang]}: {value}" for key, value in facts.items() if value)])
    return Alert(f"Darcha: {number or agency or lane or kind}", body, kind in GRAVE)


def _when(value: object, zone: ZoneInfo) -> str:
    if isinstance(value, str) and value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return ""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return ""
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M %z")
