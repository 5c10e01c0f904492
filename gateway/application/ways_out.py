"""What a person can do about an incident: one way out a kind, in the four languages, and the calls that apply.

``actions`` are named as the calls are: retry, supersede, cancel, resolve (of a request), late_reply, decide, reopen, suspend,
extend (of a case), resume_lane (of an agency), replay (for many at once), close (the incident itself).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.application.languages import LANGUAGES
from gateway.domain.incident import IncidentKind as K


@dataclass(frozen=True, slots=True)
class WayOut:
    """``code`` is a stable machine word; ``texts`` are in the order of ``LANGUAGES``."""

    code: str
    actions: tuple[str, ...]
    texts: tuple[str, str, str, str]

    def text(self, language: str) -> str:
        """Return what it says in a language; in English for one that is not ours."""
        return self.texts[LANGUAGES.index(language) if language in LANGUAGES else -1]


WAYS_OUT: Final[Mapping[K, WayOut]] = {
    K.EXHAUSTED: WayOut(
        "retry_when_back",
        ("retry", "replay", "supersede", "resolve", "cancel"),
        (
            "Idora ishlayotganini tekshiring, soʻng soʻrovni qayta yuboring; koʻp boʻlsa, hammasini birga.",
            "Проверьте, что ведомство снова отвечает, и отправьте запрос ещё раз; если их много — все вместе.",
            "Идора кайра иштеп жатканын текшериңиз да, суроону кайра жөнөтүңүз; көп болсо — баарын бирге.",
            "Check that the agency answers again and send the request once more; where there are many, all together.",
        ),
    ),
    K.IN_DOUBT: WayOut(
        "ask_the_agency",
        ("resolve", "retry", "replay"),
        (
            "Idoradan xabar yetib borganini soʻrang va soʻrovni shunga qarab yakunlang: bajarilgan yoki yetib bormagan.",
            "Спросите ведомство, дошло ли сообщение, и отметьте запрос: исполнен или не дошёл.",
            "Идорадан билдирүү жеткенин сураңыз жана суроону белгилеңиз: аткарылды же жеткен жок.",
            "Ask the agency whether the message has arrived and resolve the request: completed, or not there.",
        ),
    ),
    K.INVALID: WayOut(
        "correct_mapping",
        ("supersede", "replay", "resolve", "cancel"),
        (
            "Moslashtirish qoidasini yoki idora shartnomasini tuzating va soʻrovni joriy qoida boʻyicha qayta yuboring.",
            "Исправьте правило преобразования или описание обмена и отправьте запрос заново по действующему правилу.",
            "Ылайыктоо эрежесин же алмашуу сыпаттамасын оңдоп, суроону учурдагы эреже боюнча кайра жөнөтүңүз.",
            "Correct the mapping or the contract, and send the request anew by the mapping that is current then.",
        ),
    ),
    K.RENDER_FAILED: WayOut(
        "correct_mapping",
        ("supersede", "replay", "retry", "resolve", "cancel"),
        (
            "Xabar tuzilmadi: qoidani tuzating va soʻrovni joriy qoida boʻyicha yuboring.",
            "Сообщение не удалось составить: исправьте правило и отправьте запрос по действующему.",
            "Билдирүү түзүлгөн жок: эрежени оңдоп, суроону учурдагы эреже боюнча жөнөтүңүз.",
            "The message could not be made: correct the mapping and send the request by the current one.",
        ),
    ),
    K.CONTRADICTION: WayOut(
        "apply_or_dismiss",
        ("late_reply", "reopen", "decide"),
        (
            "Kech kelgan javobni koʻrib chiqing: uni qoʻllang yoki sababini yozib, rad eting.",
            "Рассмотрите поздний ответ: примените его или отклоните с указанием причины.",
            "Кеч келген жоопту карап чыгыңыз: колдонуңуз же себебин жазып четке кагыңыз.",
            "Look at the late reply: apply it, or dismiss it with the reason.",
        ),
    ),
    K.NO_BRANCH: WayOut(
        "mend_branches",
        ("retry", "replay", "supersede", "cancel"),
        (
            "Idora boʻlinmalari roʻyxatini tuzating va qayta yuboring, yoki boʻlinmani oʻzingiz koʻrsating.",
            "Исправьте список подразделений ведомства и повторите, либо укажите подразделение сами.",
            "Идоранын бөлүмдөрүнүн тизмесин оңдоп, кайталаңыз же бөлүмдү өзүңүз көрсөтүңүз.",
            "Mend the branches of the agency and retry, or name the branch yourself.",
        ),
    ),
    K.REDIRECT_LOOP: WayOut(
        "agree_on_branch",
        ("supersede", "resolve", "cancel"),
        (
            "Idora bilan qaysi boʻlinma javobgarligini kelishing va soʻrovni oʻsha yerga yuboring.",
            "Согласуйте с ведомством, какое подразделение отвечает, и направьте запрос туда.",
            "Кайсы бөлүм жооп берерин идора менен макулдашып, суроону ошол жакка жөнөтүңүз.",
            "Agree with the agency which branch is responsible, and send the request there.",
        ),
    ),
    K.NO_DECISION: WayOut(
        "decide_by_hand",
        ("decide", "close"),
        (
            "Hamma idoralar javob berdi, lekin qoida qaror chiqarmadi: qarorni qoʻlda qayd eting va qoidani tuzating.",
            "Все ведомства ответили, а правило решения не дало: внесите решение вручную и исправьте правило.",
            "Бардык идоралар жооп берди, бирок эреже чечим чыгарган жок: чечимди кол менен киргизип, эрежени оңдоңуз.",
            "Every agency has answered and the rule yields no decision: record the decision by hand, and mend the rule.",
        ),
    ),
    K.NO_REPLY: WayOut(
        "remind_the_agency",
        ("resolve", "close"),
        (
            "Idoraga eslating; javobi telefon yoki qogʻoz orqali kelsa, uni soʻrovga qayd eting.",
            "Напомните ведомству; если ответ придёт по телефону или на бумаге, внесите его в запрос.",
            "Идорага эскертиңиз; жооп телефон же кагаз менен келсе, аны суроого киргизиңиз.",
            "Remind the agency; when its answer comes by telephone or on paper, resolve the request with it.",
        ),
    ),
    K.EFFECT_TO_UNDO: WayOut(
        "undo_at_agency",
        ("close",),
        (
            "Ariza qaytarib olindi, idora esa ishni bajargan: bekor qilishni kelishing va hodisani yoping.",
            "Заявление отозвано, а ведомство уже исполнило: договоритесь об отмене и закройте запись.",
            "Арыз кайтарылып алынды, идора болсо аткарып койгон: жокко чыгарууну макулдашып, жазууну жабыңыз.",
            "The application was withdrawn and the agency has acted: agree with it to undo that, then close the incident.",
        ),
    ),
    K.APPLICANT_DEADLINE: WayOut(
        "ask_applicant",
        ("cancel", "resolve", "decide", "close"),
        (
            "Ariza beruvchi bilan bogʻlaning; keyin kutishni davom ettiring yoki arizani yakunlang.",
            "Свяжитесь с заявителем; затем ждите дальше или завершите дело.",
            "Арыз ээси менен байланышыңыз; анан күтүүнү улантыңыз же ишти бүтүрүңүз.",
            "Speak with the applicant; then go on waiting, or bring the case to an end.",
        ),
    ),
    K.CLOCK_WARNING: WayOut(
        "hurry_holder",
        ("suspend", "extend", "close"),
        (
            "Muddat yaqin: ish kimda turgan boʻlsa, oʻshani shoshiltiring.",
            "Срок близок: поторопите того, у кого дело.",
            "Мөөнөт жакын: иш кимде турса, ошону шаштырыңыз.",
            "The term is near: hurry whoever holds the case.",
        ),
    ),
    K.CLOCK_LEVEL: WayOut(
        "hurry_holder",
        ("suspend", "extend", "close"),
        (
            "Muddatning navbatdagi belgisi oʻtdi: ish kimda turgan boʻlsa, oʻshani shoshiltiring.",
            "Пройдена очередная отметка срока: поторопите того, у кого дело.",
            "Мөөнөттүн кезектеги белгиси өттү: иш кимде турса, ошону шаштырыңыз.",
            "Another mark of the term is reached: hurry whoever holds the case.",
        ),
    ),
    K.CLOCK_BREACHED: WayOut(
        "finish_and_explain",
        ("resolve", "decide", "close"),
        (
            "Muddat buzildi: ishni yakunlang, ariza beruvchini xabardor qiling va sababini yozing.",
            "Срок нарушен: завершите дело, известите заявителя и запишите причину.",
            "Мөөнөт бузулду: ишти бүтүрүңүз, арыз ээсине кабарлаңыз жана себебин жазыңыз.",
            "The term is breached: finish the case, tell the applicant, and write down why.",
        ),
    ),
    K.CLOCK_DISPUTED: WayOut(
        "find_what_holds",
        ("decide", "reopen", "close"),
        (
            "Qaysi qaror kuchda ekanini aniqlang: uni qoldiring, tuzating yoki bekor qiling.",
            "Выясните, какое решение действует: оставьте его, исправьте или отмените.",
            "Кайсы чечим күчүндө экенин аныктаңыз: калтырыңыз, оңдоңуз же жокко чыгарыңыз.",
            "Find out which decision holds: leave it, correct it, or reverse it.",
        ),
    ),
    K.TIME_RUNS_OUT: WayOut(
        "act_by_paper",
        ("resolve", "retry"),
        (
            "Qogʻoz yoki telefon orqali hal qiling va natijasini soʻrovga qayd eting.",
            "Решите на бумаге или по телефону и внесите итог в запрос.",
            "Кагаз же телефон аркылуу чечип, жыйынтыгын суроого киргизиңиз.",
            "Act on paper or by telephone, and resolve the request with what came of it.",
        ),
    ),
    K.CLOCK_MOVED_INTO_PAST: WayOut(
        "check_calendar",
        ("close",),
        (
            "Taqvim oʻzgarishini farmon bilan solishtiring; toʻgʻri boʻlsa, ishni darhol yakunlang.",
            "Сверьте изменение календаря с постановлением; если оно верно, завершите дело без промедления.",
            "Календардын өзгөрүшүн токтом менен салыштырыңыз; туура болсо, ишти дароо бүтүрүңүз.",
            "Compare the change of the calendar with the decree; where it is right, finish the case at once.",
        ),
    ),
    K.UNMATCHED_CALLBACK: WayOut(
        "find_request",
        ("resolve", "close"),
        (
            "Javob qaysi ishga tegishli ekanini idoradan soʻrang va uni oʻsha soʻrovga qayd eting.",
            "Узнайте у ведомства, к какому делу относится ответ, и внесите его в тот запрос.",
            "Жооп кайсы ишке тиешелүү экенин идорадан сурап, ошол суроого киргизиңиз.",
            "Ask the agency to which case the reply belongs, and resolve that request with it.",
        ),
    ),
    K.DEAD_LETTER: WayOut(
        "read_kept_message",
        ("resolve", "close"),
        (
            "Saqlangan xabarni oʻqing; u idoraning javobi boʻlsa, soʻrovga qayd eting.",
            "Прочтите сохранённое сообщение; если это ответ ведомства, внесите его в запрос.",
            "Сакталган билдирүүнү окуңуз; ал идоранын жообу болсо, суроого киргизиңиз.",
            "Read the message that was kept; where it is an agency's answer, resolve the request with it.",
        ),
    ),
    K.LANE_DOWN: WayOut(
        "wait_or_call",
        ("resume_lane", "close"),
        (
            "Idora bilan bogʻlaning; u tiklangach, navbat oʻzi davom etadi.",
            "Свяжитесь с ведомством; когда оно вернётся, очередь пойдёт сама.",
            "Идора менен байланышыңыз; ал калыбына келгенде кезек өзү уланат.",
            "Speak with the agency; when it is back, its queue goes on by itself.",
        ),
    ),
    K.LANE_MISCONFIGURED: WayOut(
        "mend_and_resume",
        ("resume_lane",),
        (
            "Manzil, kirish maʼlumotlari yoki sertifikatni tuzating va idora kanalini qayta ishga tushiring.",
            "Исправьте адрес, учётные данные или сертификат и снова запустите канал ведомства.",
            "Даректи, кирүү маалыматын же сертификатты оңдоп, идора каналын кайра иштетиңиз.",
            "Mend address, credentials or certificate, and resume the agency's lane.",
        ),
    ),
    K.FOREIGN_WORKER: WayOut(
        "check_worker_user",
        ("close",),
        (
            "Broker foydalanuvchisi kimga tegishli ekanini tekshiring; begona boʻlsa, uni oʻchiring.",
            "Проверьте, чей это пользователь брокера; если чужой — отключите его.",
            "Брокердин колдонуучусу кимдики экенин текшериңиз; бөтөн болсо — өчүрүңүз.",
            "Check whose broker user that is; where it is a stranger's, lock it.",
        ),
    ),
    K.RULE_FAILED: WayOut(
        "mend_rule",
        ("decide", "close"),
        (
            "Qoidani yoki shartnomani tuzating; ish oʻzi davom etadi. Kechiktirib boʻlmasa, qarorni qoʻlda qayd eting.",
            "Исправьте правило или описание обмена; дело продолжится само. Если ждать нельзя, внесите решение вручную.",
            "Эрежени же алмашуу сыпаттамасын оңдоңуз; иш өзү уланат. Күтүүгө болбосо, чечимди кол менен киргизиңиз.",
            "Mend the rule or the contract; the case goes on by itself. Where it cannot wait, record the decision by hand.",
        ),
    ),
    K.WEBHOOK_EXHAUSTED: WayOut(
        "recover_webhook",
        ("close",),
        (
            "Qabul qiluvchining manzilini tekshiring, soʻng yetkazilmagan xabarlarni qayta yuboring (vebxukni tiklash).",
            "Проверьте адрес получателя, затем отправьте недоставленное ещё раз (восстановление вебхука).",
            "Алуучунун дарегин текшериңиз, андан кийин жеткирилбегендерди кайра жөнөтүңүз (вебхукту калыбына келтирүү).",
            "Check the receiver's address, then send what was not delivered once more (recover the webhook).",
        ),
    ),
    K.WEBHOOK_DISABLED: WayOut(
        "resume_webhook",
        ("close",),
        (
            "Qabul qiluvchi endi xabar kutmasligini aytdi (410). Ataylab boʻlsa, vebxukni oʻchiring; aks holda manzilni tuzatib,"
            " davom ettiring.",
            "Получатель ответил, что больше не ждёт сообщений (410). Если так и задумано, удалите вебхук; иначе исправьте адрес и"
            " возобновите его.",
            "Алуучу эми билдирүү күтпөй турганын айтты (410). Атайын болсо, вебхукту өчүрүңүз; болбосо даректи оңдоп, улантыңыз.",
            "The receiver said that it is gone (410). Where that is meant, remove the webhook; else correct the address and"
            " resume it.",
        ),
    ),
    K.TIME_JUMPED: WayOut(
        "confirm_time",
        ("close",),
        (
            "Maʼlumotlar bazasi soatini ishonchli soat bilan solishtiring; toʻgʻri boʻlgach, hodisani yopib tasdiqlang.",
            "Сверьте часы базы данных с надёжными; когда время верно, закройте запись — это и есть подтверждение.",
            "Маалымат базасынын саатын ишенимдүү саат менен салыштырыңыз; туура болгондо жазууну жаап ырастаңыз.",
            "Compare the database's clock with one that you trust; once it is right, close the incident: that confirms it.",
        ),
    ),
}
_UNKNOWN: Final = WayOut(
    "look",
    ("close",),
    (
        "Koʻrib chiqing va sababini yozib yoping.",
        "Рассмотрите и закройте с указанием причины.",
        "Карап чыгып, себебин жазып жабыңыз.",
        "Look at it, and close it with the reason.",
    ),
)


def way_out(kind: str) -> WayOut:
    """Return the way out of an incident of that kind; a general one for a kind that a newer release has written."""
    return next((way for known, way in WAYS_OUT.items() if known == kind), _UNKNOWN)
