//! The words of programs that answer.
//!
//! Lower case; one list per idea.

use crate::mail::phrases::Words;

/// With what the subjects of people begin who are away.
pub(in crate::mail) static AWAY: Words = Words::new(
    "out of office|out of the office|out-of-office|automatic reply|auto reply|auto-reply|autoreply|\
     automated reply|auto response|autoresponse|on vacation|vacation|i am away|away from|\
     abwesenheit|abwesend|automatische antwort|automatische rückantwort|außer haus|\
     nicht im büro|urlaub|réponse automatique|absence|absent|message d'absence|en congé|\
     respuesta automática|respuesta automatica|fuera de la oficina|fuera de oficina|ausente|\
     ausencia|risposta automatica|fuori sede|fuori ufficio|assenza|assente|resposta automática|\
     resposta automatica|fora do escritório|ausência|férias|automatisch antwoord|\
     automatische beantwoording|automatisch bericht|afwezig|buiten kantoor|automatiskt svar|\
     autosvar|frånvaro|frånvarande|ej på kontoret|automatisk svar|fravær|fraværende|\
     ikke på kontoret|automaattinen vastaus|poissa|automatyczna odpowiedź|autoodpowiedź|\
     odpowiedź automatyczna|poza biurem|nieobecność|автоматический ответ|автоответ|\
     нет на работе|отсутствие|автоматична відповідь|автовідповідь|automatická odpověď|\
     mimo kancelář|nepřítomnost|automatická odpoveď|mimo kancelárie|neprítomnosť|\
     automatikus válasz|házon kívül|távollét|răspuns automat|raspuns automat|în afara biroului|\
     otomatik yanıt|otomatik cevap|ofis dışında|αυτόματη απάντηση|εκτός γραφείου|\
     автоматичен отговор|извън офиса|automatski odgovor|samodejni odgovor|automaatvastus|\
     kontorist väljas|automātiska atbilde|automātiskā atbilde|automatinis atsakymas|\
     自动答复|自动回复|自動回覆|自動回復|自動答覆|自動応答|自動返信|不在通知|不在のお知らせ|\
     外出中|자동 회신|자동회신|자동 응답|부재중|رد تلقائي|خارج المكتب|תשובה אוטומטית|\
     מענה אוטומטי|מחוץ למשרד|trả lời tự động|balasan otomatis|di luar kantor|ตอบกลับอัตโนมัติ|\
     resposta automàtica|sjálfvirkt svar|پاسخ خودکار|स्वचालित उत्तर",
);

/// With what the addresses of mail systems begin.
pub(super) static DAEMONS: Words = Words::new(
    "mailer-daemon|mailerdaemon|mailer_daemon|mail-daemon|maildaemon|postmaster@|\
     microsoftexchange|mdaemon@|listserv@|majordomo@|mailman@|bounce@|bounces@|bounce-",
);

/// With what addresses begin that read no mail.
pub(super) static NO_REPLY: Words = Words::new(
    "no-reply|noreply|no_reply|no.reply|donotreply|do-not-reply|do_not_reply|do.not.reply|\
     dontreply|dont-reply|nepasrepondre|ne-pas-repondre|nepas-repondre|noresponder|\
     no-responder|no_responder|nicht-antworten|nichtantworten|keine-antwort|keineantwort|\
     naoresponda|nao-responda|nao_responda|nonrispondere|non-rispondere|noresponda|\
     no-responda|ingen-svar|inte-svara|geen-antwoord|nie-odpowiadaj|noreplay|autoreply@|\
     auto-reply@|autoresponder@|unattended|notreply|not-reply",
);
