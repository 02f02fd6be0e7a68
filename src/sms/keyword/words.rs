//! The keywords of each language, in lower case, without accents and spaces.
//!
//! A word that is an ordinary answer in its language is left out, however fitting.

/// The keywords of one language, separated by spaces.
pub(super) struct Words {
    pub(super) stop: &'static str,
    pub(super) start: &'static str,
    pub(super) help: &'static str,
}

/// The seven of the FCC (47 CFR 64.1200(a)(10)) and what carriers in the United States add.
///
/// YES is not a START here, although some providers take it as one: it is how people answer an
/// ordinary question, and must not undo what they asked for.
pub(super) const EVERYWHERE: Words = Words {
    stop: "stop quit end revoke optout cancel unsubscribe stopall optoutall",
    start: "start unstop optin",
    help: "help info",
};

/// The languages that customers write in, by country (ISO 3166-1 alpha-2).
#[rustfmt::skip]
pub(super) const COUNTRIES: &[(&str, Words)] = &[
    ("US PR ES MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY GQ", Words { // Spanish
        stop: "alto parar baja cancelar detener dardebaja darmedebaja",
        start: "iniciar comenzar empezar alta",
        help: "ayuda",
    }),
    ("PT BR AO MZ CV", Words { // Portuguese
        stop: "parar pare sair cancelar remover descadastrar",
        start: "iniciar comecar voltar",
        help: "ajuda",
    }),
    ("FR CA BE CH LU MC SN CI CM ML BF NE TG BJ GA CG CD GN MG HT RE GP MQ GF MA DZ TN", Words { // French
        stop: "arret arreter stopper desabonner desabonnement desinscrire desinscription",
        start: "commencer demarrer",
        help: "aide",
    }),
    ("DE AT CH LI LU BE", Words { // German
        stop: "stopp stoppen abmelden abbestellen austragen ende",
        start: "starten anmelden",
        help: "hilfe",
    }),
    ("IT CH SM VA", Words { // Italian
        stop: "ferma fermare basta disiscrivi disiscrivimi cancellami annulla",
        start: "inizia avvia riprendi",
        help: "aiuto",
    }),
    ("NL BE SR", Words { // Dutch
        stop: "stoppen afmelden uitschrijven einde",
        start: "starten aanmelden",
        help: "hulp",
    }),
    ("SE FI", Words { // Swedish
        stop: "stopp avsluta avregistrera sluta",
        start: "starta",
        help: "hjalp",
    }),
    ("NO DK", Words { // Norwegian and Danish
        stop: "stopp avslutt avmeld slutt afmeld afslut",
        start: "tilmeld",
        help: "hjelp hjælp",
    }),
    ("FI", Words { // Finnish
        stop: "lopeta peruuta seis",
        start: "aloita",
        help: "apua ohje",
    }),
    ("PL", Words { // Polish
        stop: "koniec rezygnuje wypisz zatrzymaj",
        start: "wznow",
        help: "pomoc",
    }),
    ("CZ SK", Words { // Czech and Slovak
        stop: "konec koniec odhlasit zrusit",
        start: "obnovit",
        help: "pomoc",
    }),
    ("HU", Words { // Hungarian
        stop: "leiratkozas leiratkozom leallitas",
        start: "feliratkozas",
        help: "segitseg",
    }),
    ("RO MD", Words { // Romanian
        stop: "oprire opreste dezabonare renunt",
        start: "abonare",
        help: "ajutor",
    }),
    ("GR CY", Words { // Greek
        stop: "στοπ τελοσ διαγραφη ακυρωση",
        start: "εναρξη",
        help: "βοηθεια",
    }),
    ("RU BY KZ KG UZ TJ AM", Words { // Russian
        stop: "стоп отписаться отписка отмена отказ хватит",
        start: "старт подписаться",
        help: "помощь справка",
    }),
    ("UA", Words { // Ukrainian
        stop: "стоп відписатися відписка відмова припинити",
        start: "старт підписатися",
        help: "допомога довідка",
    }),
    ("TR CY", Words { // Turkish
        stop: "dur durdur iptal ret",
        start: "basla",
        help: "yardim",
    }),
    ("AE SA EG JO KW QA BH OM LB IQ MA DZ TN LY YE SD", Words { // Arabic
        stop: "توقف ايقاف الغاء قف",
        start: "ابدا اشتراك",
        help: "مساعدة",
    }),
    ("IL", Words { // Hebrew
        stop: "הסר הסרה עצור",
        start: "התחל",
        help: "עזרה",
    }),
    ("IN", Words { // Hindi
        stop: "बंद रोकें रोको",
        start: "शुरू",
        help: "मदद",
    }),
    ("JP", Words { // Japanese
        stop: "停止 配信停止 解除 中止 ストップ",
        start: "開始 再開",
        help: "ヘルプ",
    }),
    ("CN TW HK MO SG", Words { // Chinese
        stop: "停止 退订 退訂 取消 td",
        start: "开始 開始",
        help: "帮助 幫助",
    }),
    ("KR", Words { // Korean
        stop: "중지 수신거부 정지 해지",
        start: "시작",
        help: "도움말",
    }),
    ("VN", Words { // Vietnamese
        stop: "dung huy tuchoi dừng hủy",
        start: "batdau",
        help: "trogiup",
    }),
    ("TH", Words { // Thai
        stop: "หยุด ยกเลิก",
        start: "เริม",
        help: "ชวยเหลือ",
    }),
    ("ID MY BN", Words { // Indonesian and Malay
        stop: "berhenti henti batal",
        start: "mulai mula",
        help: "bantuan",
    }),
    ("PH", Words { // Tagalog
        stop: "tigil itigil hinto",
        start: "simula",
        help: "tulong",
    }),
];
