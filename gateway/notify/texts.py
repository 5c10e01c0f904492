"""The words of alerts in the four languages: what happened, what a person should do about it, and why it is told now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.alerting import Telling
from gateway.domain.escalation import EXPIRY, LEVEL
from gateway.domain.incident import IncidentKind as K
from gateway.domain.service import Text

#: Kinds after which something is lost or late if nobody comes; the rest are warnings.
GRAVE: Final = frozenset(
    {
        K.CLOCK_BREACHED,
        K.CLOCK_MOVED_INTO_PAST,
        K.TIME_RUNS_OUT,
        K.EXHAUSTED,
        K.IN_DOUBT,
        K.LANE_DOWN,
        K.LANE_MISCONFIGURED,
        K.CONTRADICTION,
        K.FOREIGN_WORKER,
        K.TIME_JUMPED,
        K.WEBHOOK_EXHAUSTED,
    }
)


def is_grave(alert: Mapping[str, Any]) -> bool:
    """Return whether something is lost or late if nobody comes: by its kind, or because a term has run out."""
    return alert.get("kind") in GRAVE or (alert.get("kind") == K.CLOCK_LEVEL and alert.get("level") == EXPIRY)


def level_words(level: str, language: str) -> str:
    """Return what a level of a ladder means; a word that is none of ours as it is."""
    found = LEVEL.fullmatch(level)
    if found is None:
        return level
    if found["percent"]:
        return _PERCENT[language].format(found["percent"])
    days = found["days"]
    return _OVER[language] if days is None else _DAYS[language].format(days) if days != "0" else _LAST_DAY[language]


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
    K.CLOCK_LEVEL: _text(
        "Muddat ogohlantirish darajasiga yetdi; ishni tezlashtiring.",
        "Срок дошёл до отметки, о которой положено сообщать; займитесь делом.",
        "Мөөнөт кабарлануучу деңгээлге жетти; ишти тездетиңиз.",
        "A term has reached a level of the service's ladder; see to the case.",
    ),
    K.CLOCK_BREACHED: _text(
        "Muddat oʻtdi.",
        "Срок истёк.",
        "Мөөнөт өттү.",
        "A term has run out.",
    ),
    K.CLOCK_DISPUTED: _text(
        "Qaror muddat ichida sanalangan, lekin kech kelgan: qaysi biri amal qilishini aniqlang.",
        "Решение датировано в срок, а получено позже: установите, что действует.",
        "Чечим мөөнөт ичинде даталанган, бирок кеч келди: кайсынысы күчүндө экенин тактаңыз.",
        "A decision is dated in time and came late: find out what holds.",
    ),
    K.TIME_RUNS_OUT: _text(
        "Idora bilan aloqa tiklanmayapti, muddat esa tugamoqda: qogʻozda yoki telefon orqali hal qiling.",
        "Связи с ведомством нет, а срок истекает: решайте на бумаге или по телефону.",
        "Идора менен байланыш жок, мөөнөт болсо бүтүүдө: кагаз же телефон аркылуу чечиңиз.",
        "The agency is not reached and the term is running out: act on paper or by telephone.",
    ),
    K.CLOCK_MOVED_INTO_PAST: _text(
        "Taqvim oʻzgargani sababli muddat oʻtgan kunga tushdi; tekshiring.",
        "После изменения календаря срок оказался в прошлом; проверьте.",
        "Календарь өзгөргөндүктөн мөөнөт өткөн күнгө туш келди; текшериңиз.",
        "A change of the calendar has moved a due date into the past; look at it.",
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
    K.LANE_DOWN: _text(
        "Idora javob bermayapti; soʻrovlar navbatda kutmoqda, muddatlar oʻtmoqda.",
        "Ведомство не отвечает; запросы ждут в очереди, сроки идут.",
        "Идора жооп бербей жатат; суроолор кезекте турат, мөөнөттөр өтүүдө.",
        "The agency does not answer; requests wait in its queue, and terms run on.",
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
    K.TIME_JUMPED: _text(
        "Maʼlumotlar bazasining vaqti sakradi; muddatlar bajarilmay turibdi: vaqtni tekshirib, tasdiqlang.",
        "Время базы данных скачком изменилось; сроки не исполняются: проверьте время и подтвердите.",
        "Маалымат базасынын убактысы секирип кетти; мөөнөттөр күтүүдө: убакытты текшерип, ырастаңыз.",
        "The database's time has jumped; terms take no effect until a person has checked and confirmed it.",
    ),
    K.WEBHOOK_DISABLED: _text(
        "Qabul qiluvchi manzil yopilganini bildirdi; xabarlar toʻxtatildi: egasi bilan manzilni aniqlang.",
        "Получатель сообщил, что его адрес закрыт; уведомления остановлены: уточните адрес у владельца.",
        "Алуучу дареги жабылганын билдирди; кабарлар токтотулду: дарегин ээсинен тактаңыз.",
        "The receiver says its address is gone; its webhook is switched off: ask its owner for the address.",
    ),
    K.WEBHOOK_EXHAUSTED: _text(
        "Xabarni yetkazishning barcha urinishlari tugadi: qabul qiluvchini tekshirib, qayta yuboring.",
        "Все попытки доставить уведомление исчерпаны: проверьте получателя и отправьте снова.",
        "Кабарды жеткирүү аракеттери түгөндү: алуучуну текшерип, кайра жөнөтүңүз.",
        "A webhook could not be delivered in any of its tries: see to the receiver and send it again.",
    ),
    "test": _text(
        "Bu sinov xabari. Ogohlantirishlar yetib kelmoqda.",
        "Это пробное сообщение. Оповещения доходят.",
        "Бул сыноо билдирүүсү. Эскертүүлөр жетип жатат.",
        "This is a test. Alerts arrive.",
    ),
}
UNKNOWN: Final = _text(
    "Operator eʼtibori kerak.", "Требует внимания оператора.", "Оператордун көңүлү керек.", "An operator is needed."
)
#: Why it is told now; of what opens there is nothing to add. ``silence`` is the title of a summary.
TELLINGS: Final[Mapping[str, Text]] = {
    Telling.MORE: _text(
        "Bunday holatlar koʻpaydi.", "Таких случаев стало больше.", "Мындай учурлар көбөйдү.", "There are more of them."
    ),
    Telling.REPEATED: _text(
        "Bu davom etmoqda va hali hech kim qabul qilmadi.",
        "Это продолжается, и никто ещё не принял в работу.",
        "Бул уланууда, аны али эч ким кабыл алган жок.",
        "It goes on, and nobody has taken it on.",
    ),
    Telling.ESCALATED: _text(
        "Xabar berilganlardan hech kim qabul qilmadi; endi sizga murojaat qilinmoqda.",
        "Никто из оповещённых не принял в работу; теперь обращаемся к вам.",
        "Кабарлангандардын эч кимиси кабыл алган жок; эми сизге кайрылабыз.",
        "Nobody who was told has taken it on; now it comes to you.",
    ),
    Telling.OVER: _text("Bartaraf etildi.", "Устранено.", "Жоюлду.", "It is over."),
    Telling.SUMMARY: _text(
        "Ogohlantirishlar toʻxtatib turilgan edi. Shu vaqt ichida yuborilmaganlari:",
        "Оповещения были приостановлены. За это время не отправлено:",
        "Эскертүүлөр токтотулуп турган. Ушул убакытта жөнөтүлбөгөндөрү:",
        "Alerts were silenced. What was held back meanwhile:",
    ),
    Telling.TEST: _text("sinov", "проверка", "сыноо", "test"),
    "silence": _text("sokinlik tugadi", "приостановка закончилась", "токтотуу бүттү", "a silence has ended"),
}
LABELS: Final[Mapping[str, Text]] = {
    "cases": _text("Ariza raqami", "Заявка №", "Арыз №", "Case"),
    "count": _text("Soni", "Количество", "Саны", "Count"),
    "waiting": _text("Operatorni kutayotganlar", "Ждут оператора", "Операторду күткөндөр", "Waiting for an operator"),
    "agency": _text("Idora", "Ведомство", "Идора", "Agency"),
    "lane": _text("Idora kanali", "Канал ведомства", "Идора каналы", "Lane"),
    "service": _text("Xizmat", "Услуга", "Кызмат", "Service"),
    "step": _text("Bosqich", "Шаг", "Кадам", "Step"),
    "clock": _text("Qaysi muddat", "Какой срок", "Кайсы мөөнөт", "Clock"),
    "level": _text("Daraja", "Отметка", "Деңгээл", "Level"),
    "at": _text("Yetgan vaqti", "Достигнута", "Жеткен убагы", "Reached"),
    "due_at": _text("Muddat", "Срок", "Мөөнөт", "Due"),
    "waiting_on": _text("Kimda", "У кого", "Кимде", "Held by"),
    "target": _text("Qabul qiluvchi", "Получатель", "Алуучу", "Receiver"),
    "since": _text("Boshlandi", "Началось", "Башталды", "Since"),
    "until": _text("Tugadi", "Закончилось", "Бүттү", "Until"),
    "alert": _text("Ogohlantirish", "Оповещение", "Эскертүү", "Alert"),
    "message": _text("Xabar", "Сообщение", "Билдирүү", "Message"),
    "by": _text("Kim toʻxtatgan", "Кто приостановил", "Ким токтоткон", "Silenced by"),
    "reason": _text("Sabab", "Причина", "Себеп", "Reason"),
    "is_over": _text("bartaraf etilgan", "устранено", "жоюлган", "over"),
    "is_open": _text("davom etmoqda", "продолжается", "уланууда", "goes on"),
}
#: The clocks by their kind; a kind without words is shown as it is.
CLOCKS: Final[Mapping[str, Text]] = {
    "statutory": _text("qonuniy muddat", "срок по закону", "мыйзамдуу мөөнөт", "statutory term"),
    "step": _text("bosqich muddati", "срок шага", "кадамдын мөөнөтү", "term of the step"),
    "norm": _text("xizmat meʼyori", "норма услуги", "кызмат ченеми", "service norm"),
    "acknowledgement": _text("qabul tasdigʻi", "подтверждение приёма", "кабыл алууну ырастоо", "acknowledgement"),
    "completeness": _text("toʻliqlikni tekshirish", "проверка комплектности", "толуктугун текшерүү", "completeness check"),
}
_PERCENT: Final = _text("muddatning {} foizi oʻtdi", "прошло {} % срока", "мөөнөттүн {} пайызы өттү", "{}% of the term is used")
_DAYS: Final = _text(
    "tugashiga qolgan ish kunlari: {}", "осталось рабочих дней: {}", "калган жумуш күндөрү: {}", "working days left: {}"
)
_LAST_DAY: Final = _text("oxirgi kun", "последний день", "акыркы күн", "the last day")
_OVER: Final = _text("muddat tugadi", "срок истёк", "мөөнөт бүттү", "the term has run out")
