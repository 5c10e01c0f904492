"""Signing in."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "login.title": ("Kirish", "Вход", "Кирүү", "Sign in"),
    "login.lead": (
        "Arizalar, idoralar va muddatlar bitta oynada.",
        "Заявления, ведомства и сроки в одном окне.",
        "Арыздар, идоралар жана мөөнөттөр бир терезеде.",
        "Applications, agencies and terms in one window.",
    ),
    "login.name": ("Foydalanuvchi nomi", "Имя пользователя", "Колдонуучунун аты", "Name"),
    "login.password": ("Parol", "Пароль", "Сырсөз", "Password"),
    "login.go": ("Kirish", "Войти", "Кирүү", "Sign in"),
    "login.wrong": (
        "Nom yoki parol notoʻgʻri, yoki ketma-ket juda koʻp urinish boʻldi. Tekshiring; kerak boʻlsa, bir daqiqa kutib qaytaring.",
        "Имя или пароль неверны, либо было слишком много попыток подряд. Проверьте их; при необходимости подождите минуту.",
        "Ат же сырсөз туура эмес, же катары менен өтө көп аракет болду. Текшериңиз; керек болсо, бир мүнөт күтүңүз.",
        "The name or the password is wrong, or there were too many tries in a row. Check both; if need be, wait a minute.",
    ),
    "login.too_many": (
        "Bu manzildan juda koʻp urinish boʻldi. {secs} soniyadan keyin qaytaring.",
        "С этого адреса слишком много попыток. Повторите через {secs} с.",
        "Бул даректен өтө көп аракет болду. {secs} секунддан кийин кайталаңыз.",
        "There were too many tries from this address. Try again in {secs} seconds.",
    ),
    "login.stale": (
        "Shakl eskirgan edi. Qayta kiriting; brauzer cookie fayllarini qabul qilishi kerak.",
        "Форма устарела. Введите данные ещё раз; браузер должен принимать файлы cookie.",
        "Форма эскирип калган. Кайра киргизиңиз; браузер cookie файлдарын кабыл алышы керек.",
        "The form was out of date. Enter it again; the browser has to accept cookies.",
    ),
}
