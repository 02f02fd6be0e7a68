//! The words by which mail programs announce what they quote, in the languages they speak.
//!
//! Lower case; one list per idea, `|` between its words. What is not in a list is judged by its
//! form alone.

use crate::mail::phrases::Words;

/// What a mail program calls a line of the header that it quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    From,
    Date,
    To,
    Subject,
    Other,
}

/// The names of quoted header lines.
pub(super) static LABELS: [(Label, Words); 5] = [
    (
        Label::From,
        Words::new(
            "from|von|de|da|van|od|от|від|από|kimden|gönderen|fra|från|lähettäjä|feladó|de la|\
         expéditeur|remitente|mittente|afzender|nadawca|odesílatel|odosielateľ|avsändare|\
         avsender|afsender|pošiljatelj|šalje|dari|từ|người gửi|จาก|saatja|kellelt|nuo|no|\
         sūtītājs|frá|remetente|отправитель|відправник|подател|від кого|од|din|daripada|发件人|發件人|寄件者|寄件人|\
         差出人|送信者|보낸 사람|보낸사람|발신|من|المرسل|מאת|از|فرستنده|प्रेषक|nork|exp.",
        ),
    ),
    (
        Label::Date,
        Words::new(
            "sent|date|sent at|sent on|date sent|gesendet|gesendet am|datum|envoyé|envoyé le|\
         enviado|enviado el|fecha|enviada em|enviado em|enviada|data|inviato|inviato il|\
         data invio|verzonden|wysłano|wysłane|data wysłania|отправлено|дата|дата отправки|\
         надіслано|відправлено|στάλθηκε|ημερομηνία|απεστάλη|gönderilen|gönderildi|\
         gönderme tarihi|tarih|sendt|dato|skickat|lähetetty|päivämäärä|päiväys|pvm|elküldve|\
         küldve|dátum|küldés dátuma|trimis|odesláno|odeslané|odoslané|dátum odoslania|\
         poslano|poslato|изпратено|dikirim|tanggal|terkirim|đã gửi|ngày|ส่ง|วันที่|saadetud|\
         kuupäev|išsiųsta|nosūtīts|sendt dato|发送时间|發送時間|发件时间|传送时间|傳送時間|\
         寄件日期|日期|时间|送信日時|送信日|日付|日時|보낸 날짜|날짜|보낸날짜|전송 날짜|\
         ส่งเมื่อ|saatmisaeg|послато|изпратено на|dihantar|भेजा गया|दिनांक|ارسال شده|تاریخ|\
         تاريخ الإرسال|التاريخ|تاريخ|تم الإرسال|أرسل|נשלח|תאריך|enviat|bidalia",
        ),
    ),
    (
        Label::To,
        Words::new(
            "to|an|à|a|pour|para|aan|do|кому|до|προς|kime|til|till|vastaanottaja|címzett|către|\
         catre|komu|za|prima|kepada|đến|tới|người nhận|ถึง|saaja|kellele|kam|adresāts|\
         adressaat|iki|per a|за|ke|प्रति|گیرنده|收件者|destinataire|destinatario|destinatário|ontvanger|empfänger|получатель|收件人|\
         收信人|宛先|받는 사람|받는사람|수신|إلى|אל|به|nori",
        ),
    ),
    (
        Label::Subject,
        Words::new(
            "subject|betreff|betrifft|objet|sujet|asunto|assunto|oggetto|onderwerp|temat|тема|\
         θέμα|konu|emne|ämne|aihe|tárgy|subiect|předmět|predmet|zadeva|naslov|относно|\
         subjek|perihal|chủ đề|tiêu đề|เรื่อง|ชื่อเรื่อง|หัวเรื่อง|teema|tema|efni|主题|主旨|主題|件名|\
         標題|题目|제목|الموضوع|נושא|موضوع|विषय|assumpte|gaia|tēma",
        ),
    ),
    (
        Label::Other,
        Words::new(
            "cc|bcc|reply-to|reply to|importance|priority|attachments|attachment|kopie|\
         kopie (cc)|kopi|kopia|kopio|kópia|másolat|копия|копія|κοιν.|κοινοποίηση|bilgi|\
         copie|copie à|copia|cópia|抄送|副本|cc：|참조|نسخة|עותק|antwort an|wichtigkeit|\
         anlagen|responder a|répondre à|pièces jointes|rispondi a|priorität|antwoord aan|\
         adjuntos|allegati|bijlagen|sent by|organisation|reply|on behalf of|mailed-by|\
         signed-by",
        ),
    ),
];

/// How mail programs say that somebody wrote what follows.
pub(super) static WROTE: Words = Words::new(
    "\
    wrote|writes|schrieb|schreibt|geschrieben|a écrit|a ecrit|écrivait|escribió|escribio|\
    escribía|ha scritto|scrisse|scritto|escreveu|escreveram|schreef|schrijft|geschreven|\
    skrev|skriver|følgende|kirjoitti|napsal|napsala|píše|napísal|napisał|pisze|пишет|\
    написал|писал|пише|написа|писав|έγραψε|έγραψαν|yazdı|yazmış|írta|a scris|写道|寫道|写：|\
    编写|작성|写了|님이|のメール|さんは書きました|書きました|書いた|からのメール|כתב|كتب|\
    كتابة|đã viết|viết|menulis|เขียน|rašė|parašė|rakstīja|kirjutas|va escriure|ha escrit|\
    napisao|napisala|je napisal|напиша|نوشت|ने लिखा|skrifaði|escribiu|idatzi du|shkroi|\
    написао|isinulat|igorleak hau|geskryf|aliandika|sagte|ha scrito|quoting|zitat von|citando|citazione|citat|a spus",
);

/// With what an introduction of a quote begins, where a date follows.
pub(super) static STARTERS: Words = Words::new(
    "\
    on|am|le|el|il|il giorno|em|op|den|dne|dňa|dnia|w dniu|în|in data|pe|στις|la|на|в|у|vào|\
    pada|pada tanggal|dana|u|v|在|于|於|بتاريخ|في|בתאריך|ב-|missatge de|kontakt|\
    el dia|quoting|zitat von|ในวันที่|a(z)|þann|më",
);

/// With what a sentence begins in which somebody tells who wrote what and when.
pub(super) static TOLD: Words = Words::new(
    "\
    i wrote|i have written|we wrote|you wrote|you have written|in my |in your |as i |as you |\
    my |your |ich |wir |sie schrieb|sie haben|in ihrer|in meiner|wie ich|je vous|j'ai|j’ai|nous |\
    vous |dans votre|dans mon|le escribí|les escribí|en su |en mi |usted |vi ho|ho scritto|\
    nella vostra|nella mia|eu escrevi|na sua|no seu|ik heb|ik schreef|u schreef|in uw |jag |\
    jeg |pisałem|pisałam|napisałem|napisałam|я писал|я написал|вы писали|вы написали|в вашем|\
    в моём",
);

/// What a line between dashes says above a quoted mail.
pub(super) static ORIGINAL: Words = Words::new(
    "\
    original message|original mail|original e-mail|original email|original appointment|\
    reply message|ursprüngliche nachricht|urspruengliche nachricht|originalnachricht|\
    original-nachricht|ursprüngliche mail|originalmail|ursprünglicher termin|\
    message d'origine|message d’origine|message original|message initial|mensaje original|\
    mensagem original|messaggio originale|messaggio originario|oorspronkelijk bericht|\
    origineel bericht|originele bericht|wiadomość oryginalna|oryginalna wiadomość|\
    wiadomosc oryginalna|исходное сообщение|оригинальное сообщение|первоначальное сообщение|\
    вихідне повідомлення|оригінальне повідомлення|ursprungligt meddelande|\
    originalmeddelande|ursprungsmeddelande|oprindelig meddelelse|original meddelelse|\
    opprinnelig melding|original melding|alkuperäinen viesti|původní zpráva|původní e-mail|\
    pôvodná správa|eredeti üzenet|eredeti levél|mesaj original|mesajul original|\
    orijinal mesaj|özgün ileti|orijinal ileti|orjinal mesaj|αρχικό μήνυμα|πρωτότυπο μήνυμα|\
    原始邮件|原邮件|原始郵件|原始郵件信息|原始信件|元のメッセージ|元のメール|原文|\
    원본 메시지|원본 메일|원본메일|원본 이메일|הודעה מקורית|الرسالة الأصلية|\
    оригинално съобщение|izvorna poruka|originalna poruka|izvirno sporočilo|pesan asli|\
    thư gốc|tin nhắn gốc|ข้อความเดิม|ข้อความต้นฉบับ|algne sõnum|algkiri|pradinis laiškas|\
    sākotnējā ziņa|missatge original",
);

/// What a line says above a forwarded mail, between dashes or with a colon behind it.
pub(super) static FORWARDED: Words = Words::new(
    "\
    forwarded message|forwarded by|begin forwarded message|start of forwarded message|\
    forwarded mail|weitergeleitete nachricht|weitergeleitete mail|\
    anfang der weitergeleiteten nachricht|weitergeleitet von|message transféré|\
    message transmis|début du message réexpédié|début du message transféré|\
    message réexpédié|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|\
    mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada|\
    messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|\
    begin doorgestuurd bericht|przekazana wiadomość|wiadomość przekazana|\
    początek przekazywanej wiadomości|treść przekazanej wiadomości|пересланное сообщение|\
    пересылаемое сообщение|начало переадресованного сообщения|переслане повідомлення|\
    vidarebefordrat meddelande|vidarebefordrat brev|videresendt meddelelse|\
    videresendt besked|videresendt melding|start på videresendt besked|\
    start på videresendt melding|välitetty viesti|alkaa välitetty viesti|\
    välitetty viesti alkaa|přeposlaná zpráva|začátek přeposlané zprávy|preposlaná správa|\
    továbbított üzenet|továbbított levél kezdete|mesaj redirecționat|mesaj redirectionat|\
    începutul mesajului redirecționat|iletilmiş mesaj|iletilen mesaj|yönlendirilen ileti|\
    iletilen iletinin başlangıcı|προωθημένο μήνυμα|αρχή προωθημένου μηνύματος|转发的邮件|\
    转发邮件|转发信息|转发邮件信息|轉寄郵件|轉寄的郵件|以下是转发的邮件|开始转发的邮件|\
    転送されたメッセージ|転送メッセージ|転送されたメール|전달된 메시지|전달된 메일|\
    전달 메시지|הודעה שהועברה|הודעה מועברת|رسالة معاد توجيهها|رسالة محولة|\
    препратено съобщение|proslijeđena poruka|posredovano sporočilo|pesan terusan|\
    pesan diteruskan|thư được chuyển tiếp|tin nhắn được chuyển tiếp|ข้อความที่ส่งต่อ|\
    edastatud kiri|persiųstas laiškas|pārsūtīta ziņa|missatge reenviat",
);

/// What a system asks for above the mail it sends, so that it may cut the rest.
pub(super) static REPLY_ABOVE: Words = Words::new(
    "\
    reply above this line|your reply above|reply above the line|write above this line|\
    above this line to reply|above this line to add|oberhalb dieser linie|\
    oberhalb dieser zeile|über dieser linie|über dieser zeile|au-dessus de cette ligne|\
    por encima de esta línea|encima de esta línea|sobre esta línea|acima desta linha|\
    acima dessa linha|sopra questa riga|sopra questa linea|boven deze regel|boven deze lijn|\
    ovanför denna rad|ovanför den här raden|over denne linje|over denne linjen|\
    tämän rivin yläpuolelle|powyżej tej linii|nad tą linią|выше этой строки|\
    над этой строкой|вище цього рядка|nad tento řádek|nad tímto řádkem|bu satırın üzerine|\
    bu satırın üstüne|de asupra acestei linii|この行より上|この線より上|请在此行上方|\
    在此行上方|在此線上方|이 줄 위에|מעל שורה זו|فوق هذا السطر|fölé írja",
);

/// With what a phone or an app begins the line it adds below a mail.
pub(super) static SENT_FROM: Words = Words::new(
    "\
    sent from|sent via|sent with|sent using|sent by|sent on the go|get outlook|get bluemail|\
    download outlook|von meine|gesendet von|gesendet mit|gesendet über|gesendet aus|\
    gesendet via|diese nachricht wurde von|outlook für|holen sie sich outlook|envoyé de|\
    envoyé depuis|envoyé à partir|envoyé avec|envoyé via|obtenez outlook|obtenir outlook|\
    télécharge|enviado desde|enviado de|enviado do|enviado a partir|enviado via|enviado con|\
    enviado por|enviada do|obtener outlook|obtén outlook|descarga outlook|descargar outlook|\
    obter o outlook|obtenha o outlook|baixe o outlook|inviato da|inviato dal|inviato con|\
    inviata da|ottieni outlook|scarica outlook|verstuurd vanaf|verzonden vanaf|\
    verstuurd met|verzonden met|verzonden vanuit|verstuurd via|outlook voor|outlook downloaden|skickat från|\
    skickades från|hämta outlook|skaffa outlook|skaff outlook|skaff deg outlook|sendt fra|sendt med|hent outlook|få outlook|\
    lähetetty|hanki outlook|lataa outlook|wysłane z|wysłano z|wyslane z|pobierz outlook|pobierz aplikację outlook|\
    отправлено с|отправлено из|отправлено через|послано с|получить outlook|скачать outlook|\
    надіслано з|надіслано із|отримати outlook|завантажити outlook|відправлено з|odesláno z|odesláno ze|získat outlook|odoslané z|\
    získajte outlook|outlook pre|στάλθηκε από|λήψη του outlook|αποκτήστε το outlook|从我的|\
    发自我的|发自网易|發自我的|来自我的|發送自|发送自|從我的|获取 outlook|获取适用于|取得 outlook|取得適用於|下载 outlook|\
    나의|내 iphone|נשלח מ|הורד את outlook|קבל את outlook|أرسلت من|تم الإرسال من|أُرسلت من|\
    مرسل من|أرسل من|الحصول على outlook|trimis de pe|trimis din|obțineți outlook|elküldve|\
    küldve|az iphone|outlook beszerzése|изпратено от|poslano s|poslano z|poslano iz|\
    poslato sa|poslato s|gửi từ|đã gửi từ|được gửi từ|tải outlook|dikirim dari|dihantar daripada|\
    dapatkan outlook|ส่งจาก|ดาวน์โหลด outlook|enviat des|saadetud minu|išsiųsta iš|\
    nosūtīts no|sent from iphone|iphone|ipad|android|outlook for|bu mesaj|samsung|ios|\
    cep telefonumdan",
);

/// With what such a line ends, where the verb comes last.
pub(super) static SENT_LAST: Words = Words::new(
    "\
    gesendet|gönderildi|から送信|から送信されました|から送信しました|を入手|에서 보냄|\
    에서 발송|에서 전송|보냈습니다|받기|다운로드|से भेजा गया|发送|傳送|发出|edinin|küldve|beziehen|herunterladen|\
    downloaden|beszerzése|lähetetty",
);

/// With what such a line begins where somebody might begin a sentence with it: then its verb must
/// be last.
pub(super) static NAMED: Words = Words::new(
    "\
    iphone|ipad|android|samsung|ios|outlook f|나의|az iphone|bu mesaj",
);

/// What the sender of such a line may be.
pub(super) static DEVICES: Words = Words::new(
    "\
    iphon|ipad|ipod|ios|apple|android|samsung|galaxy|huawei|xiaomi|redmi|pixel|oneplus|\
    nokia|lumia|sony|xperia|motorola|blackberry|fairphone|handy|smartphone|phone|telefon|\
    téléphone|teléfono|telefone|telefono|puhelim|tablet|mobile|mobil|móvil|mobiel|celular|\
    cellulare|gsm|outlook|mail|gmx|web.de|yahoo|proton|spark|windows|aol|bluemail|\
    superhuman|thunderbird|airmail|nine|app|device|gerät|appareil|dispositivo|toestel|почт|\
    телефон|айфон|смартфон|андроид|мобил|мобіл|κινητό|手机|手機|携帯|スマートフォン|スマホ|\
    폰|휴대|אייפון|טלפון|نايفون|آيفون|ايفون|هاتف|điện thoại|มือถือ|ponsel|邮箱|郵箱|\
    fastmail|tutanota|zoho|k-9|webmail",
);

/// What the lines below a signature say when they forbid to read it.
pub(super) static CONFIDENTIAL: Words = Words::new(
    "\
    confidential|privileged|intended|disclaimer|vertraulich|confidentiel|confidencial|\
    riservat|vertrouwelijk|poufn|конфиденц|fortrolig|konfidentiell|luottamuksell|gizli|\
    bizalmas|důvěrn|机密|機密|unsubscribe|environment before printing",
);
