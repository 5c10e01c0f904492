"""Why a repair, a decision by hand or a replay is refused, in Uzbek, Russian, Kyrgyz and English (``words`` puts it together)."""

from __future__ import annotations

from typing import Final

#: code → (uz, ru, ky, en): the title of a problem document.
REPAIR_TITLES: Final[dict[str, tuple[str, str, str, str]]] = {
    "in_doubt": (
        "Yetkazilgani tasdiqlanmagan: avval idoradan soʻrang",
        "Доставка не подтверждена: сначала спросите ведомство",
        "Жеткени ырасталган эмес: адегенде идорадан сураңыз",
        "Delivery is in doubt: ask the agency first",
    ),
    "agency_has_it": (
        "Idora soʻrovni qabul qilgan",
        "Ведомство уже приняло запрос",
        "Идора суроону кабыл алган",
        "The agency has taken the request",
    ),
    "effect_possible": (
        "Idora buni bajargan boʻlishi mumkin",
        "Возможно, ведомство уже исполнило запрос",
        "Идора муну аткарып койгон болушу мүмкүн",
        "The agency may have acted already",
    ),
    "step_changed": (
        "Bu bosqich xizmatda oʻzgargan",
        "Этот шаг в услуге изменился",
        "Кызматта бул кадам өзгөргөн",
        "The step is another one in the current service",
    ),
    "service_gone": (
        "Bu xizmat endi yoʻq",
        "Такой услуги больше нет",
        "Мындай кызмат эми жок",
        "The service is gone from the catalogue",
    ),
    "mapping_fails": (
        "Qoida boʻyicha xabar tuzib boʻlmadi",
        "По этому правилу сообщение не составляется",
        "Бул эреже боюнча билдирүү түзүлбөйт",
        "The mapping makes no valid message",
    ),
    "no_lane": (
        "Idora boʻlinmasi topilmadi",
        "Подразделение ведомства не найдено",
        "Идоранын бөлүмү табылган жок",
        "No branch of the agency was found",
    ),
    "in_flight": (
        "Soʻrov hozir yuborilmoqda",
        "Запрос сейчас отправляется",
        "Суроо азыр жөнөтүлүүдө",
        "The request is being sent",
    ),
    "nothing_late": (
        "Kech kelgan javob yoʻq",
        "Позднего ответа нет",
        "Кеч келген жооп жок",
        "No late reply waits",
    ),
    "several_replies": (
        "Bir nechta kech javob bor: qaysi biri ekanini koʻrsating",
        "Поздних ответов несколько: укажите, какой",
        "Кеч келген жооптор бир нече: кайсынысын көрсөтүңүз",
        "Several late replies wait: say which",
    ),
    "cannot_apply": (
        "Bu javobni qoʻllab boʻlmaydi",
        "Этот ответ применить нельзя",
        "Бул жоопту колдонууга болбойт",
        "This reply cannot be applied",
    ),
    "not_decided": (
        "Ariza boʻyicha qaror yoʻq",
        "Решения по делу нет",
        "Иш боюнча чечим жок",
        "The case is not decided",
    ),
    "case_withdrawn": (
        "Ariza qaytarib olingan",
        "Заявление отозвано",
        "Арыз кайтарылып алынган",
        "The application was withdrawn",
    ),
    "silence_spoke": (
        "Muddat oʻtdi: qonun sukutni qaror deb hisoblaydi",
        "Срок истёк: закон считает молчание решением",
        "Мөөнөт өттү: мыйзам үн катпоону чечим деп эсептейт",
        "The term has ended and silence counts as the decision",
    ),
    "step_under_way": ("Bu bosqich davom etmoqda", "Этот шаг ещё выполняется", "Бул кадам аткарылууда", "The step is under way"),
    "not_seen": (
        "Bu roʻyxat allaqachon ishga tushirilgan",
        "Этот набор уже запущен",
        "Бул топтом мурда иштетилген",
        "This set was started before",
    ),
    "set_expired": (
        "Roʻyxat eskirgan: qaytadan koʻring",
        "Набор устарел: посмотрите заново",
        "Топтом эскирди: кайра караңыз",
        "The set is too old: look again",
    ),
    "nothing_to_do": (
        "Bajarib boʻladigan soʻrov yoʻq",
        "Выполнять нечего",
        "Аткара турган эч нерсе жок",
        "There is nothing to do",
    ),
    "replay_state": (
        "Takrorlash holati bunga yoʻl bermaydi",
        "Состояние повтора этого не допускает",
        "Кайталоонун абалы буга жол бербейт",
        "The replay's state does not allow this",
    ),
    "group_empty": (
        "Bu guruhda ochiq holat qolmagan",
        "В этой группе открытых случаев нет",
        "Бул топто ачык окуя калган жок",
        "Nothing of this group is open",
    ),
}
