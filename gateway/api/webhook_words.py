"""Why a webhook is not as it was asked for, in Uzbek, Russian, Kyrgyz and English (``words`` puts it together)."""

from __future__ import annotations

from typing import Final

#: code → (uz, ru, ky, en): the title of a problem document.
WEBHOOK_TITLES: Final[dict[str, tuple[str, str, str, str]]] = {
    "webhook_moved": (
        "Vebhuk oʻzgargan",
        "Вебхук изменился",
        "Вебхук өзгөргөн",
        "The webhook has moved since you read it",
    ),
    "webhook_active": ("Vebhuk ishlab turibdi", "Вебхук уже работает", "Вебхук иштеп турат", "The webhook is active already"),
    "webhook_not_active": (
        "Vebhuk ishlamay turibdi",
        "Вебхук не работает",
        "Вебхук иштебей турат",
        "The webhook is not active",
    ),
    "webhooks_full": (
        "Vebhuklar soni chegaraga yetgan",
        "Достигнуто наибольшее число вебхуков",
        "Вебхуктардын саны чегине жетти",
        "There are as many webhooks as there may be",
    ),
    "delivery_under_way": (
        "Xabar hozir yuborilmoqda",
        "Уведомление сейчас отправляется",
        "Кабар азыр жөнөтүлүүдө",
        "The delivery is under way",
    ),
}
#: code → (uz, ru, ky, en): the rule, and the way out where there is one.
WEBHOOK_RULES: Final[dict[str, tuple[str, str, str, str]]] = {
    "webhook_url": (
        "bu manzilga yuborib boʻlmaydi, tashqi https manzil kerak: {why}",
        "на этот адрес отправлять нельзя, нужен внешний адрес https: {why}",
        "бул дарекке жөнөтүүгө болбойт, сырткы https дарек керек: {why}",
        "nothing is sent to this address, a public one over https is needed: {why}",
    ),
    "webhook_type": (
        "hodisa turi case.decided yoki case.* yoki * koʻrinishida yoziladi",
        "тип события пишется как case.decided, case.* или *",
        "окуянын түрү case.decided, case.* же * түрүндө жазылат",
        "an event type is written like case.decided, all of a kind like case.*, and everything is *",
    ),
    "webhook_events": (
        "1 tadan {wanted} tagacha tur koʻrsating",
        "укажите от 1 до {wanted} типов",
        "1ден {wanted}ге чейин түр көрсөтүңүз",
        "name 1 to {wanted} types",
    ),
    "webhook_overlap": (
        "0 dan {wanted} soniyagacha",
        "от 0 до {wanted} секунд",
        "0дөн {wanted} секундга чейин",
        "from 0 to {wanted} seconds",
    ),
}
