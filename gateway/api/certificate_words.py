"""Why a tacit decision cannot be certified, in Uzbek, Russian, Kyrgyz and English (``words`` puts it together)."""

from __future__ import annotations

from typing import Final

#: code → (uz, ru, ky, en): the title of a problem document.
CERTIFICATE_TITLES: Final[dict[str, tuple[str, str, str, str]]] = {
    "not_tacit": (
        "Ariza sukut bilan hal qilinmagan",
        "Дело решено не молчанием",
        "Иш үн катпоо менен чечилген эмес",
        "The case was not decided by silence",
    ),
    "tacit_replaced": (
        "Sukut asosidagi qaror oʻrniga boshqasi qabul qilingan",
        "Решение по молчанию заменено другим",
        "Үн катпоо чечиминин ордуна башкасы кабыл алынган",
        "Another decision stands in the place of the tacit one",
    ),
    "tacit_disputed": (
        "Sukut asosidagi qaror bahsli",
        "Решение по молчанию оспаривается",
        "Үн катпоо чечими талашта",
        "The tacit decision is disputed",
    ),
}
#: code → (uz, ru, ky, en): the rule, and the way out where there is one.
CERTIFICATE_RULES: Final[dict[str, tuple[str, str, str, str]]] = {
    "not_tacit": (
        "maʼlumotnoma faqat muddat oʻtib, sukut qonunan qaror deb hisoblanganda beriladi",
        "справка выдаётся, только когда срок истёк и закон считает молчание решением",
        "маалымкат мөөнөт өтүп, мыйзам үн катпоону чечим деп эсептегенде гана берилет",
        "a certificate is issued only when the term has run out and the law reads silence as a decision",
    ),
    "tacit_replaced": (
        "keyingi qaror amal qiladi; uning hujjatlarini bering",
        "действует более позднее решение; выдайте его документы",
        "кийинки чечим күчүндө; анын документтерин бериңиз",
        "the later decision holds; hand over its documents",
    ),
    "tacit_disputed": (
        "idora muddatida sanalangan qaror yuborgan; mutaxassis qaysi biri amal qilishini aniqlab, holatni yopsin",
        "ведомство прислало решение, датированное в срок; пусть сотрудник выяснит, какое действует, и закроет инцидент",
        "идора мөөнөтүндө даталанган чечим жиберген; адис кайсынысы күчүндө экенин аныктап, окуяны жапсын",
        "the authority sent a decision dated in time; a person has to find out which holds and close the incident",
    ),
}
