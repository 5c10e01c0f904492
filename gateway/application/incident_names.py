"""What a kind of incident is called, in the four languages: a few words for headings, lists, choices and timelines.

Three tables tell of a kind, and they differ because they are read in different places. This *name* stands where many kinds
stand together. ``notify.texts.WHAT`` is the sentence of an alert: it is read on a telephone, away from every page, so it has
to say by itself what happened. ``ways_out.WAYS_OUT`` stands where the acts are offered, and says which of them to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.application.derivation_texts import Four
from gateway.domain.incident import IncidentKind as K

NAMES: Final[Mapping[str, Four]] = {
    K.EXHAUSTED: ("Urinishlar tugadi", "Попытки исчерпаны", "Аракеттер түгөндү", "All tries failed"),
    K.IN_DOUBT: (
        "Yetkazilgani tasdiqlanmagan",
        "Доставка не подтверждена",
        "Жеткирүү ырасталган эмес",
        "Delivery not confirmed",
    ),
    K.INVALID: (
        "Idora xabarni oʻqiy olmadi",
        "Ведомство не прочитало сообщение",
        "Идора билдирүүнү окуй алган жок",
        "The agency cannot read the message",
    ),
    K.RENDER_FAILED: ("Xabar tuzilmadi", "Сообщение не составлено", "Билдирүү түзүлгөн жок", "The message was not made"),
    K.CONTRADICTION: ("Zid javob", "Противоречивый ответ", "Карама-каршы жооп", "Contradicting reply"),
    K.NO_BRANCH: ("Boʻlim topilmadi", "Подразделение не найдено", "Бөлүм табылган жок", "No branch found"),
    K.REDIRECT_LOOP: ("Boʻlimlar qaytarmoqda", "Пересылка по кругу", "Айланта жөнөтүү", "Sent round in circles"),
    K.NO_DECISION: ("Qaror yoʻq", "Нет решения", "Чечим жок", "No decision"),
    K.NO_REPLY: ("Idora jim", "Ведомство молчит", "Идора унчукпайт", "The agency is silent"),
    K.EFFECT_TO_UNDO: (
        "Natijani bekor qilish kerak",
        "Результат нужно отменить",
        "Натыйжаны жокко чыгаруу керек",
        "An effect has to be undone",
    ),
    K.APPLICANT_DEADLINE: (
        "Arizachi ulgurmadi",
        "Заявитель не успел",
        "Арыз ээси үлгүрбөдү",
        "The applicant did not act in time",
    ),
    K.CLOCK_WARNING: ("Muddat tugayapti", "Срок истекает", "Мөөнөт бүтүүдө", "A term is about to end"),
    K.CLOCK_LEVEL: ("Muddat belgisi", "Отметка срока", "Мөөнөт белгиси", "A term has reached a mark"),
    K.CLOCK_BREACHED: ("Muddat oʻtdi", "Срок истёк", "Мөөнөт өттү", "A term has run out"),
    K.CLOCK_DISPUTED: ("Muddat bahsli", "Срок под вопросом", "Мөөнөт талаштуу", "A term is disputed"),
    K.TIME_RUNS_OUT: ("Vaqt tugayapti", "Время истекает", "Убакыт бүтүүдө", "Time runs out"),
    K.CLOCK_MOVED_INTO_PAST: (
        "Muddat oʻtgan kunga tushdi",
        "Срок ушёл в прошлое",
        "Мөөнөт өткөн күнгө түштү",
        "A date moved into the past",
    ),
    K.UNMATCHED_CALLBACK: ("Egasiz javob", "Ответ без запроса", "Ээсиз жооп", "A reply without a request"),
    K.DEAD_LETTER: ("Ishlanmagan xabar", "Необработанное сообщение", "Иштетилбеген билдирүү", "A message kept aside"),
    K.LANE_DOWN: ("Idora javob bermayapti", "Ведомство не отвечает", "Идора жооп бербейт", "An agency does not answer"),
    K.LANE_MISCONFIGURED: (
        "Idora kanali toʻxtatildi",
        "Канал ведомства остановлен",
        "Идора каналы токтотулду",
        "An agency's lane is paused",
    ),
    K.FOREIGN_WORKER: ("Begona ishlovchi", "Чужой исполнитель", "Бөтөн аткаруучу", "A foreign worker"),
    K.RULE_FAILED: ("Qoida bajarilmadi", "Правило не сработало", "Эреже иштеген жок", "A rule failed"),
    K.WEBHOOK_EXHAUSTED: (
        "Vebxuk yetkazilmadi",
        "Вебхук не доставлен",
        "Вебхук жеткирилген жок",
        "A webhook was not delivered",
    ),
    K.WEBHOOK_DISABLED: ("Vebxuk oʻchirilgan", "Вебхук отключён", "Вебхук өчүрүлгөн", "A webhook is switched off"),
    K.TIME_JUMPED: ("Soat sakradi", "Скачок времени", "Убакыт секирди", "Time has jumped"),
}
