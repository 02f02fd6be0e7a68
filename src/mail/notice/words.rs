//! The words of mail servers and mail programs about mails that did not arrive or were read.
//!
//! Lower case; one list per idea.

use crate::mail::phrases::Words;

/// What a person's mail program puts before the subject of a mail that is passed on or answered.
pub(super) static FORWARD_PREFIXES: Words = Words::new(
    "fw:|fwd:|fw :|wg:|tr:|tr :|rv:|i:|enc:|doorst:|vs:|vb:|pd:|továbbítás:|iletim:|ynt:|转发|轉寄|転送|\
     전달|re:|aw:|sv:|res:|r:|antw:|odp:|回复|回覆|답장",
);

/// Names under which mail systems write.
pub(super) static DAEMON_NAMES: Words = Words::new(
    "mail delivery subsystem|mail delivery system|mail delivery service|mailer-daemon|\
     mailer daemon|mail system administrator|system administrator|microsoft outlook|postmaster|\
     mail administrator|mailsystem|delivery subsystem|internet mail delivery|systemadministrator|\
     mail-delivery",
);

/// Subjects of bounces.
pub(super) static FAILURE_SUBJECTS: Words = Words::new(
    "undeliver|not delivered|delivery failure|delivery failed|delivery has failed|\
     failure notice|delivery status notification|returned mail|returned to sender|\
     mail delivery|delivery notification|delivery report|delivery problem|delivery error|\
     non-delivery|nondeliverable|undelivered|could not be delivered|couldn't be delivered|\
     couldn’t be delivered|message status|bounced|unzustellbar|zustellung|nicht zugestellt|\
     konnte nicht|non remis|non distribuable|échec de la remise|échec de distribution|\
     no se puede entregar|no se pudo entregar|no entregado|correo no entregado|\
     entrega fallida|mancata consegna|non recapitabile|recapito non riuscito|impossibile recapitare|\
     não entregue|falha na entrega|não é possível entregar|não foi possível entregar|\
     onbestelbaar|niet bezorgd|niet afgeleverd|nie dostarczono|niedostarczon|\
     niemożliwe do dostarczenia|zwrot|не доставлено|недоставлен|не удалось доставить|\
     невозможно доставить|ошибка доставки|не доставлена|kan inte levereras|olevererbart|\
     ikke leveres|kunne ikke leveres|uleverbar|ei voitu toimittaa|toimittaminen epäonnistui|\
     nedoručiteln|nedoručen|nemohla být doručena|kézbesíthetetlen|kézbesítés|nelivrabil|\
     teslim edilemedi|iletilemedi|αδυναμία παράδοσης|无法投递|退信|投递失败|系统退信|\
     無法傳遞|無法送達|未傳遞|未送达|未送達|退件|配信不能|配信できません|配送不能|送信エラー|不達|배달되지|\
     반송|전송 실패|تعذر التسليم|לא נמסר|mail failure|user unknown|warning: message|\
     warning: could not|delayed|verzögert|mail not delivered|message not sent|message blocked|\
     rejected|address not found|failed mail|mail error",
);

/// How a text says that something was not delivered.
pub(super) static FAILURE: Words = Words::new(
    "could not be delivered|couldn't be delivered|couldn’t be delivered|wasn't delivered|\
     wasn’t delivered|was not delivered|were not delivered|not been delivered|\
     has not been delivered|unable to deliver|not able to deliver|cannot be delivered|\
     can't be delivered|cannot deliver|could not deliver|couldn't deliver|can not be delivered|\
     delivery has failed|delivery failed|delivery failure|failed to deliver|was undeliverable|\
     is undeliverable|undeliverable|undelivered|permanent fatal error|permanent error|\
     fatal errors|delivery to the following|did not reach|cannot be reached|could not be reached|\
     couldn't be reached|returned to sender|delivery problems|problem delivering|\
     wasn't able to deliver|delivery status notification|following addresses failed|\
     following recipient|failed permanently|unrouteable|transcript of session|\
     undeliverable to|was rejected|has been rejected|message was not sent|error occurred while trying to deliver|\
     i wasn't able|i was not able to deliver|has been delayed|have not been delivered|\
     not yet been delivered|nicht zugestellt|nicht ausgeliefert|unzustellbar|zustellung fehlgeschlagen|\
     zustellung an folgende|konnte nicht zu|n'a pas pu être|n’a pas pu être|pas été remis|\
     pas pu être remis|échec de la remise|échoué|no se pudo entregar|no ha podido|no pudo ser entregado|\
     no se ha podido entregar|no se puede entregar|no se entregó|non è stato possibile|non recapit|\
     non è stato recapitato|impossibile consegnare|mancata consegna|não foi entregue|não pôde ser|\
     não foi possível|falha na entrega|niet worden bezorgd|niet bezorgd|niet afgeleverd|\
     kon niet worden|nie została dostarczona|nie mogła zostać|nie dostarczono|nie można dostarczyć|\
     не может быть доставлено|не было доставлено|не доставлено|не удалось доставить|\
     невозможно доставить|не может быть доставлен|kunde inte levereras|kan inte levereras|\
     kunne ikke leveres|blev ikke leveret|ble ikke levert|ei voitu toimittaa|nebylo možné doručit|\
     nemohla být doručena|nebola doručená|nem sikerült kézbesíteni|nem kézbesíthető|\
     nu a putut fi livrat|teslim edilemedi|iletilemedi|δεν ήταν δυνατή η παράδοση|\
     无法投递|退回|退信|未能送达|无法送达|发送失败|無法傳遞|無法送達|退件|配信できません|\
     配信できませんでした|送信できません|お届けできません|届けることができません|配信不能|\
     배달할 수 없|전송되지|전달되지|반송|발송에 실패|تعذر|לא ניתן היה|không gửi được|tidak terkirim",
);

/// How a subject says that it takes longer.
pub(super) static DELAY: Words = Words::new(
    "delayed|(delay)|warning: message|warning: could not|verzögert|verzögerung|retard|retraso|\
     ritardo|atras|vertraagd|opóźni|задерж|försenad|forsinket|延迟|延遲|延误|遅延|still being retried|\
     delivery is delayed|will be retried|still trying",
);

/// How a text says that the server goes on trying.
pub(super) static NOT_YET: Words = Words::new(
    "has been delayed|not yet been delivered|has not yet been|hasn't been delivered yet|\
     hasn’t been delivered yet|will be retried|will continue to try|will keep trying|\
     continue trying|still trying|still being retried|you do not need to resend|\
     no action is required on your part|delivery attempts will continue|\
     delivery will be attempted|will try for|message has not yet|server will keep|\
     noch nicht zugestellt|wird weiter versucht|weitere zustellversuche|pas encore|\
     aún no|non è ancora|ainda não|nog niet|ещё не|еще не",
);

/// Where the mail that is returned begins.
pub(super) static RETURNED: Words = Words::new(
    "below this line is a copy|this is a copy of|copy of the message|original message headers|\
     original message follows|message header follows|message headers follow|headers follow|\
     unsent message|-original message|- original message|original message -|ursprüngliche nachricht|original header|the header of the|\
     returned message|text of your message|your message header|here is a copy of the|\
     message is returned|kopie der nachricht|копия сообщения|mensaje original|message d'origine|\
     -原邮件|- 原邮件|元のメッセージ",
);

/// Words in lines with addresses that help the reader.
pub(super) static HELP: Words = Words::new(
    "contact|please send|for help|assistance|support|http|helpdesk|problem report|forward this|\
     e-mail administrator|questions|reporting-mta|generating server|message-id|wenden sie sich|\
     include this problem|from:|sent by|von:|x-postfix",
);

/// Words before an address that was not reached.
pub(super) static NAMES_RECIPIENT: Words = Words::new(
    "recipient|rcpt to|to: |failed to deliver to|deliver to|delivered to|delivery to|reach |\
     address:|address :|empfänger|destinataire|destinatario|destinatário|ontvanger|получател|\
     адресат|mottagare|modtager|收件人|收件者|宛先|受信者|받는 사람|수신자|undeliverable to|user |\
     message to <|mail to <|mailbox |zustellung an|email to|message sent to",
);

/// Subjects of receipts in words.
pub(super) static RECEIPT_SUBJECTS: Words = Words::new(
    "read:|not read:|deleted:|gelesen:|ungelesen:|nicht gelesen:|lu:|lu :|non lu:|non lu :|leído:|\
     no leído:|letto:|non letto:|lido:|lida:|não lida:|gelezen:|niet gelezen:|przeczytano:|\
     прочитано:|не прочитано:|läst:|oläst:|læst:|lest:|luettu:|přečteno:|okundu:|olvasott:|\
     citit:|διαβάστηκε:|已读:|已读：|已讀:|開封済み:|읽음:|read receipt|return receipt|\
     lesebestätigung|confirmation de lecture|confirmación de lectura|conferma di lettura|\
     confirmação de leitura|leesbevestiging|gelesen (|disposition notification",
);

/// How a receipt says that somebody read the mail.
pub(super) static RECEIPT_READ: Words = Words::new(
    "was read on|was read at|has been read|was displayed|has been displayed|message was opened|\
     wurde am|wurde gelesen|gelesen am|wurde angezeigt|a été lu|a été ouvert|a été affiché|\
     fue leído|se leyó|ha sido leído|è stato letto|è stato visualizzato|foi lida|foi lido|\
     is gelezen|werd gelezen|został przeczytan|została przeczytana|było прочитано|было прочитано|\
     прочитано|har lästs|lästes|blev læst|ble lest|on luettu|byla přečtena|okundu|已被阅读|\
     已阅读|已讀取|開封|읽었습니다|this is a receipt for|return receipt",
);

/// How a receipt says that nobody read it.
pub(super) static RECEIPT_DELETED: Words = Words::new(
    "deleted without being read|ungelesen gelöscht|ohne gelesen zu werden|supprimé sans|\
     eliminado sin|eliminato senza|excluída sem|verwijderd zonder|usunięt|удалено без|\
     raderades utan|slettet uden|slettet uten|未经阅读|未被阅读|読まれずに|was not read",
);

/// The sender cannot prove who it is.
pub(super) static UNPROVEN: Words = Words::new("dmarc|dkim| spf|spf |unauthenticated|sender id");

/// Spam and policy.
pub(super) static SPAM: Words = Words::new(
    "spam|blacklist|black list|blocklist|block list|spamhaus|barracuda|reputation|\
     unsolicited|junk|blocked|is listed|are listed|been listed|listed at|listed by|\
     dnsbl| rbl|content rejected|policy|suspicious|phish|banned|\
     отклонено как спам|垃圾",
);

/// The sender is not set up, or not allowed.
pub(super) static AUTHENTICATION: Words = Words::new(
    "relay|not authenticated|authentication|not authorized|\
     not authorised|sender verify|sender address rejected|sender rejected|reverse dns|rdns|\
     ptr record|not permitted|access denied, sender|helo",
);

/// The mailbox does not exist.
pub(super) static BAD_MAILBOX: Words = Words::new(
    "user unknown|unknown user|no such user|no such local|no such recipient|no such mailbox|no mailbox|\
     does not exist|doesn't exist|doesn’t exist|not exist|unknown recipient|recipient unknown|\
     invalid recipient|invalid mailbox|invalid address|invalid user|recipient rejected|\
     address rejected|recipient address rejected|mailbox unavailable|mailbox not found|\
     user not found|recipient not found|recipientnotfound|recipnotfound|address not found|\
     couldn't be found|couldn’t be found|could not be found|wasn't found|wasn’t found|\
     not found|not listed in|unknown address|address unknown|address error|unrouteable|\
     unroutable|account disabled|account is disabled|account has been disabled|inactive|\
     account closed|no longer|not a valid|doesn't have a|doesn’t have a|user doesn't|\
     not our customer|bad destination|unknown local|no account|host unknown|unknown host|\
     domain not found|name or service not known|no such domain|dd this user|unbekannt|\
     existiert nicht|inconnu|n'existe pas|desconocido|no existe|sconosciuto|inesistente|\
     non esiste|desconhecido|não existe|onbekend|bestaat niet|nieznany|nie istnieje|\
     не существует|не найден|неизвестный|finns inte|findes ikke|finnes ikke|neexistuje|\
     不存在|存在しません|존재하지|见退信原因|mailbox disabled|not accepting|unknown account",
);

/// The mailbox takes nothing more.
pub(super) static FULL: Words = Words::new(
    "quota|mailbox full|mailbox is full|mailbox has exceeded|mailbox size limit|inbox is full|\
     is full|over limit|out of storage|insufficient storage|insufficient system storage|\
     exceeded storage|storage allocation|not enough space|no space|disk full|user is over|\
     too full|mailboxfull|postfach voll|postfach ist voll|postfach des|speicherplatz|\
     boîte aux lettres pleine|boîte pleine|est pleine|buzón lleno|buzón está lleno|está lleno|\
     casella piena|casella di posta piena|è piena|caixa cheia|está cheia|caixa postal cheia|\
     mailbox is vol|postvak vol|is vol|skrzynka pełna|pełna|przepełnion|переполнен|заполнен|\
     inkorg är full|brevlådan är full|postkassen er fuld|postboksen er full|postilaatikko on täynnä|\
     plná|megtelt|doldu|kotası|邮箱已满|邮箱空间不足|空间不足|信箱已滿|容量超過|メールボックスがいっぱい|\
     一杯|용량|가득",
);

/// The mail itself was refused.
pub(super) static CONTENT: Words = Words::new(
    "too large|too big|size limit|size exceeds|exceeds size|maximum size|message size|\
     exceeded the maximum|message length|virus|malware|attachment|executable|infected|\
     zu groß|trop volumineux|demasiado grande|troppo grande|muito grande|te groot|\
     слишком большой|line too long|bare lf|invalid header|non-rfc|not rfc",
);

/// Too much at once.
pub(super) static THROTTLED: Words = Words::new(
    "too many|too quickly|rate limit|ratelimit|rate that|throttl|try again later|temporarily deferred|\
     too much mail|too fast|greylist|graylist|limit exceeded|exceeded the rate",
);

/// Too late.
pub(super) static EXPIRED: Words = Words::new(
    "expired|retry timeout|retry time not reached|gave up|giving up|given up|too long|\
     message timed out|queue too long|undelivered for|retries exceeded|abgelaufen|expiré|\
     caducado|scaduto",
);

/// The server could not be reached.
pub(super) static NETWORK: Words = Words::new(
    "unable to connect|connection refused|connection timed out|connect timed out|timed out|timeout|no route|\
     unreachable|could not connect|couldn't connect|lost connection|connection dropped|\
     connection reset|network|not responding|temporarily|unavailable|service not available|\
     could not be reached",
);
