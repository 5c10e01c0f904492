"""What a broken rule says, in Uzbek, Russian, Kyrgyz and English.

``{name}`` is the field, ``{wanted}`` what would be right. Values that were sent are never repeated: they may be personal.
"""

from __future__ import annotations

from typing import Final

from gateway.application.languages import LANGUAGES
from gateway.domain.errors import Problem

#: rule code → (uz, ru, ky, en)
RULES: Final[dict[str, tuple[str, str, str, str]]] = {
    "too_large": (
        "hajmi katta: eng koʻpi {wanted} bayt",
        "слишком большой объём: не более {wanted} байт",
        "көлөмү чоң: көп дегенде {wanted} байт",
        "too large: at most {wanted} bytes",
    ),
    "encoding": ("matn UTF-8 emas", "текст не в UTF-8", "текст UTF-8 эмес", "the text is not UTF-8"),
    "syntax": (
        "bu JSON emas: {wanted}",
        "это не JSON: {wanted}",
        "бул JSON эмес: {wanted}",
        "this is not JSON: {wanted}",
    ),
    "duplicate_key": (
        "bitta kalit ikki marta yozilgan: {wanted}",
        "ключ повторяется: {wanted}",
        "ачкыч кайталанат: {wanted}",
        "the same key stands there twice: {wanted}",
    ),
    "depth": (
        "ichma-ich joylashuv juda chuqur: {wanted}",
        "слишком глубокая вложенность: {wanted}",
        "өтө терең камтылган: {wanted}",
        "nested too deeply: {wanted}",
    ),
    "number": (
        "bunday son qabul qilinmaydi: {wanted}",
        "такое число не принимается: {wanted}",
        "мындай сан кабыл алынбайт: {wanted}",
        "such a number is not taken: {wanted}",
    ),
    "text": (
        "matnda ruxsat etilmagan belgi bor",
        "в тексте недопустимый знак",
        "текстте жараксыз белги бар",
        "the text has a character that cannot be stored",
    ),
    "required": (
        "«{name}» maydoni kerak",
        "нужно поле «{name}»",
        "«{name}» талаасы керек",
        "the field {name} is required",
    ),
    "unknown_field": (
        "«{name}» degan maydon yoʻq",
        "поля «{name}» нет",
        "«{name}» деген талаа жок",
        "there is no field {name}",
    ),
    "type": (
        "qiymat turi notoʻgʻri, kerak: {wanted}",
        "неверный тип значения, нужно: {wanted}",
        "маанинин түрү туура эмес, керек: {wanted}",
        "wrong type, wanted: {wanted}",
    ),
    "enum": (
        "ruxsat etilgan qiymatlar: {wanted}",
        "допустимые значения: {wanted}",
        "уруксат берилген маанилер: {wanted}",
        "allowed values: {wanted}",
    ),
    "const": (
        "qiymat {wanted} boʻlishi kerak",
        "значение должно быть {wanted}",
        "маани {wanted} болушу керек",
        "must be {wanted}",
    ),
    "minimum": ("eng kami {wanted}", "не меньше {wanted}", "эң азы {wanted}", "at least {wanted}"),
    "maximum": ("eng koʻpi {wanted}", "не больше {wanted}", "эң көбү {wanted}", "at most {wanted}"),
    "above": (
        "{wanted} dan katta boʻlishi kerak",
        "должно быть больше {wanted}",
        "{wanted} чоң болушу керек",
        "must be more than {wanted}",
    ),
    "below": (
        "{wanted} dan kichik boʻlishi kerak",
        "должно быть меньше {wanted}",
        "{wanted} кичине болушу керек",
        "must be less than {wanted}",
    ),
    "multiple": (
        "{wanted} ga karrali boʻlishi kerak",
        "должно быть кратно {wanted}",
        "{wanted} эселүү болушу керек",
        "must be a multiple of {wanted}",
    ),
    "too_short": (
        "juda qisqa: kamida {wanted} belgi",
        "слишком коротко: не менее {wanted} знаков",
        "өтө кыска: кеминде {wanted} белги",
        "too short: at least {wanted} characters",
    ),
    "too_long": (
        "juda uzun: koʻpi bilan {wanted} belgi",
        "слишком длинно: не более {wanted} знаков",
        "өтө узун: көп дегенде {wanted} белги",
        "too long: at most {wanted} characters",
    ),
    "too_few": (
        "juda kam: kamida {wanted} ta",
        "слишком мало: не менее {wanted}",
        "өтө аз: кеминде {wanted}",
        "too few: at least {wanted}",
    ),
    "too_many": (
        "juda koʻp: koʻpi bilan {wanted} ta",
        "слишком много: не более {wanted}",
        "өтө көп: көп дегенде {wanted}",
        "too many: at most {wanted}",
    ),
    "repeated": (
        "takrorlanmasligi kerak",
        "значения не должны повторяться",
        "кайталанбашы керек",
        "the items must differ from one another",
    ),
    "pattern": (
        "yozilishi notoʻgʻri, namuna: {wanted}",
        "неверная запись, образец: {wanted}",
        "жазылышы туура эмес, үлгү: {wanted}",
        "wrong form, the pattern is {wanted}",
    ),
    "format": (
        "yozilishi notoʻgʻri, kerak: {wanted}",
        "неверная запись, нужно: {wanted}",
        "жазылышы туура эмес, керек: {wanted}",
        "wrong form, wanted: {wanted}",
    ),
    "alternatives": (
        "ruxsat etilgan koʻrinishlarning birortasiga mos emas",
        "не подходит ни под один из допустимых видов",
        "уруксат берилген түрлөрдүн бирине да туура келбейт",
        "fits none of the allowed forms, or more than one",
    ),
    "schema": (
        "xizmat shaklining qoidasiga mos emas: {wanted}",
        "не соответствует правилу формы услуги: {wanted}",
        "кызмат формасынын эрежесине туура келбейт: {wanted}",
        "breaks a rule of the service's form: {wanted}",
    ),
    "time": (
        "vaqt RFC 3339 boʻyicha, vaqt mintaqasi bilan yozilsin, masalan 2026-09-01T09:00:00+05:00",
        "время пишется по RFC 3339 со смещением, например 2026-09-01T09:00:00+05:00",
        "убакыт RFC 3339 боюнча, алкагы менен жазылсын, мисалы 2026-09-01T09:00:00+05:00",
        "write the time as in RFC 3339 with its offset, as 2026-09-01T09:00:00+05:00",
    ),
    "date": (
        "sana 2026-09-01 koʻrinishida yozilsin",
        "дата пишется как 2026-09-01",
        "күн 2026-09-01 түрүндө жазылсын",
        "write the date as 2026-09-01",
    ),
    "future": (
        "bu vaqt kelajakda; yuboruvchining soatini tekshiring",
        "это время в будущем; проверьте часы отправителя",
        "бул убакыт келечекте; жөнөтүүчүнүн саатын текшериңиз",
        "this time lies in the future; check the clock of the sender",
    ),
    "unknown_service": (
        "bunday xizmat yoʻq, bor xizmatlar: {wanted}",
        "такой услуги нет, есть: {wanted}",
        "мындай кызмат жок, бар кызматтар: {wanted}",
        "there is no such service; there are: {wanted}",
    ),
    "unknown_office": (
        "bunday markaz yoʻq, bor markazlar: {wanted}",
        "такого центра нет, есть: {wanted}",
        "мындай борбор жок, бар борборлор: {wanted}",
        "there is no such office; there are: {wanted}",
    ),
    "channel_not_allowed": (
        "bu xizmat bunday yoʻl bilan qabul qilinmaydi, mumkin: {wanted}",
        "услуга этим путём не принимается, можно: {wanted}",
        "кызмат мындай жол менен кабыл алынбайт, болот: {wanted}",
        "the service is not taken through this channel; it is through: {wanted}",
    ),
    "role_not_allowed": (
        "bu xizmatda bunday ishtirokchi boʻlmaydi, mumkin: {wanted}",
        "у услуги нет такого участника, возможны: {wanted}",
        "бул кызматта мындай катышуучу болбойт, болот: {wanted}",
        "the service has no party in this role; it has: {wanted}",
    ),
    "no_applicant": (
        "kamida bitta ariza beruvchi (applicant) kerak",
        "нужен хотя бы один заявитель (applicant)",
        "кеминде бир арыз ээси (applicant) керек",
        "at least one party has to be the applicant",
    ),
    "unknown_clock": (
        "ishda bunday muddat yoʻq, borlari: {wanted}",
        "у дела нет такого срока, есть: {wanted}",
        "иште мындай мөөнөт жок, барлары: {wanted}",
        "the case has no such clock; it has: {wanted}",
    ),
    "not_started": (
        "muddat hali boshlanmagan",
        "срок ещё не начался",
        "мөөнөт али башталган жок",
        "the clock has not started yet",
    ),
    "already_started": ("muddat boshlanib boʻlgan", "срок уже идёт", "мөөнөт башталып калган", "the clock has started already"),
    "already_ended": (
        "muddat tugallangan, endi oʻzgarmaydi",
        "срок завершён и больше не меняется",
        "мөөнөт аяктаган, эми өзгөрбөйт",
        "the clock has ended; nothing follows that",
    ),
    "out_of_order": (
        "bundan keyingi voqea allaqachon qayd etilgan; voqealar vaqt tartibida yoziladi",
        "уже записано более позднее событие; события идут по порядку времени",
        "мындан кийинки окуя катталган; окуялар убакыт тартибинде жазылат",
        "something later is recorded already; events are in order of time",
    ),
    "twice": (
        "bu allaqachon qayd etilgan",
        "это уже записано",
        "бул мурда катталган",
        "this is recorded already",
    ),
    "no_suspension": (
        "qoida bu muddatni toʻxtatib turishga yoʻl qoʻymaydi",
        "правило не допускает приостановления этого срока",
        "эреже бул мөөнөттү токтото турууга жол бербейт",
        "the rule knows no suspension of this term",
    ),
    "unknown_ground": (
        "qoidada toʻxtatib turishning bunday asosi yoʻq",
        "в правиле нет такого основания для приостановления",
        "эрежеде токтото туруунун мындай негизи жок",
        "the rule knows no such ground of suspension",
    ),
    "ground_used_up": (
        "bu asos boʻyicha eng koʻp toʻxtatib turish muddati tugagan",
        "предельный срок приостановления по этому основанию исчерпан",
        "бул негиз боюнча токтото туруунун эң узак мөөнөтү түгөндү",
        "the longest suspension on this ground is used up",
    ),
    "ground_of_requests": (
        "bu asos idoraning ariza beruvchiga savoli bilan boshlanadi va tugaydi; soʻrovni needs_applicant deb belgilang",
        "это основание начинается и кончается вместе с вопросом ведомства к заявителю; отметьте запрос как needs_applicant",
        "бул негиз идоранын арыз ээсине суроосу менен башталып бүтөт; суроону needs_applicant деп белгилеңиз",
        "this ground begins and ends with what an agency asks of the applicant; resolve the request as needs_applicant",
    ),
    "not_suspended": (
        "muddat bu asos boʻyicha toʻxtatilmagan",
        "срок по этому основанию не приостановлен",
        "мөөнөт бул негиз боюнча токтотулган эмес",
        "the clock is not suspended on this ground",
    ),
    "name_the_ground": (
        "muddatni bir necha asos toʻxtatib turibdi; tugaganini koʻrsating",
        "срок приостановлен по нескольким основаниям; укажите, какое отпало",
        "мөөнөт бир нече негиз боюнча токтотулган; кайсынысы бүткөнүн көрсөтүңүз",
        "several grounds hold the clock; name the one that is over",
    ),
    "after_expiry": (
        "muddat oʻtib boʻlgan; uni endi toʻxtatib yoki davom ettirib boʻlmaydi",
        "срок уже истёк; приостановить или возобновить его нельзя",
        "мөөнөт өтүп кеткен; аны токтотууга же улантууга болбойт",
        "the term has run out; it can no longer be suspended or resumed",
    ),
    "no_extension": (
        "qoida bu muddatni uzaytirishga yoʻl qoʻymaydi",
        "правило не допускает продления этого срока",
        "эреже бул мөөнөттү узартууга жол бербейт",
        "the rule knows no extension of this term",
    ),
    "too_many_extensions": (
        "muddat qoida yoʻl qoʻygancha uzaytirib boʻlingan",
        "срок уже продлён столько раз, сколько допускает правило",
        "мөөнөт эреже уруксат бергенче узартылып бүткөн",
        "the term has been extended as often as the rule allows",
    ),
    "extension_too_long": (
        "qoida bunchalik uzaytirishga yoʻl qoʻymaydi",
        "правило не допускает столь долгого продления",
        "эреже мынчалык узартууга жол бербейт",
        "the rule allows no extension as long as that",
    ),
    "notice_after_expiry": (
        "uzaytirish haqida muddat oʻtguncha xabar berilishi kerak edi",
        "о продлении нужно было уведомить до истечения срока",
        "узартуу жөнүндө мөөнөт өткөнчө кабарлоо керек болчу",
        "an extension has to be notified before the term runs out",
    ),
    "dated_ahead": (
        "sanasi bizga yetib kelgan vaqtdan keyin",
        "дата позже, чем это до нас дошло",
        "күнү бизге жеткен убакыттан кийин",
        "it is dated later than it reached us",
    ),
    "authority_expired": (
        "vakolat muddati ariza topshirilgan kungacha tugagan",
        "срок полномочий истёк до дня подачи",
        "ыйгарым укуктун мөөнөтү арыз берилген күнгө чейин бүткөн",
        "the authority had ended before the day on which the application was handed in",
    ),
}


def problem(pointer: str, code: str, **params: str) -> Problem:
    """Return the problem with its English message. ``code`` is one of ``RULES``."""
    return Problem(pointer, code, RULES[code][3].format_map(params), params)


def localise(problem: Problem, language: str) -> str:
    """Return what the problem says in ``language``; its own English message for a code or a language that is not ours."""
    texts = RULES.get(problem.code)
    if texts is None or language not in LANGUAGES:
        return problem.message
    try:
        return texts[LANGUAGES.index(language)].format_map(problem.params)
    except KeyError:  # made elsewhere without our parameters
        return problem.message
