//! What opts a customer out and in, and what only looks like it.

use postern::sms::{Keyword, keyword, may_opt_out};

#[test]
fn t24_sixty_phrases_opt_out() {
    let everywhere = [
        "stop",
        "STOP",
        "Stop.",
        " stop ",
        "sToP!!!",
        "\"STOP\"",
        "'stop'",
        "(stop)",
        "*stop*",
        "S T O P",
        "s.t.o.p",
        "S-T-O-P",
        "stop\n",
        "\n\nSTOP\r\n",
        "STOP 🛑",
        "🛑STOP🛑",
        "STOP 🙏🏽",
        "🅰️ stop",
        "S\u{200b}TOP",
        "S\u{200d}T\u{feff}OP",
        "\u{202a}STOP\u{202c}",
        "ＳＴＯＰ",
        "STÓP",
        "stop stop",
        "STOP STOP STOP!",
        "Stop, stop",
        "stop?",
        "quit",
        "QUIT!",
        "end",
        "End.",
        "END\t",
        "revoke",
        "Revoke.",
        "opt out",
        "OPT-OUT",
        "Opt_Out",
        "optout",
        "O P T O U T",
        "opt\u{a0}out",
        "cancel",
        "CANCEL!",
        "unsubscribe",
        "Un-subscribe",
        "UNSUBSCRIBE 😡",
        "stopall",
        "STOP ALL",
        "Stop-All",
        "#stop",
        "opt out all",
    ];
    for text in everywhere {
        for country in ["US", "GB", "DE", ""] {
            assert_eq!(
                keyword(text, country),
                Some(Keyword::Stop),
                "{text:?} {country}"
            );
        }
    }
    let local = [
        ("Alto", "MX"),
        ("dar de baja", "ES"),
        ("BAJA", "us"),
        ("Arrêt", "FR"),
        ("ARRE\u{302}T", "CA"),
        ("stopp", "DE"),
        ("Abmelden!", "AT"),
        ("uitschrijven", "NL"),
        ("СТОП", "RU"),
        ("Стоп.", "UA"),
        ("τέλος", "GR"),
        ("ΤΕΛΟΣ", "GR"),
        ("İPTAL", "TR"),
        ("iptal", "TR"),
        ("إيقاف", "SA"),
        ("停止", "JP"),
        ("退订", "CN"),
        ("수신 거부", "KR"),
        ("หยุด", "TH"),
        ("बंद", "IN"),
        ("Sair", "BR"),
        ("Lopeta", "FI"),
        ("הסר", "IL"),
        ("koniec", "PL"),
        ("odhlásit", "CZ"),
        ("dừng", "VN"),
    ];
    for (text, country) in local {
        assert_eq!(
            keyword(text, country),
            Some(Keyword::Stop),
            "{text:?} {country}"
        );
    }
    assert!(everywhere.len() + local.len() >= 60);
}

#[test]
fn t24_sixty_phrases_do_not() {
    let phrases = [
        "",
        " ",
        "!",
        "🛑",
        "✋",
        "stop by tomorrow",
        "the bus stop",
        "Don't stop",
        "non-stop",
        "stop it",
        "stopped",
        "stopping",
        "stops",
        "stopper",
        "stop sign",
        "please stop",
        "Where do I stop?",
        "can you stop the delivery",
        "one-stop shop",
        "full stop here",
        "stop1",
        "2 stop",
        "stp",
        "sop",
        "tops",
        "post",
        "pots",
        "quite",
        "quit smoking",
        "I quit my job",
        "quits",
        "quiet",
        "the end",
        "end of month",
        "ending",
        "weekend",
        "send",
        "friend",
        "ends",
        "End user",
        "revoked",
        "revoke my access",
        "opt in or opt out?",
        "opt",
        "out",
        "option",
        "opt out of work",
        "cancel my order",
        "cancelled",
        "cancellation",
        "Please cancel",
        "cancel it",
        "do not cancel",
        "unsubscribed",
        "how do I unsubscribe?",
        "subscribe",
        "stop or start",
        "start stop",
        "stop quit",
        "stop all trains",
        "stop!start",
        "y",
        "yes",
        "YES!",
        "no",
        "ok",
        "1",
        "stop\u{0}x",
        "ens",
        "st0p",
    ];
    for text in phrases {
        for country in ["US", "GB", "DE", ""] {
            assert_eq!(keyword(text, country), None, "{text:?} {country}");
        }
    }
    let elsewhere = [
        ("baja", "DE"),
        ("alto", "IT"),
        ("dur", "FR"),
        ("ende", "US"),
        ("停止", "US"),
        ("pare", "FR"),
    ];
    for (text, country) in elsewhere {
        assert_eq!(keyword(text, country), None, "{text:?} {country}");
    }
    assert!(phrases.len() >= 60);
    assert_eq!(keyword(&"stop ".repeat(1_000), "US"), None);
}

#[test]
fn t24_start_and_help_are_read_alike() {
    for text in [
        "START",
        "start!",
        "S T A R T",
        "UNSTOP",
        "un-stop",
        "Opt in",
        "start start",
    ] {
        assert_eq!(keyword(text, "US"), Some(Keyword::Start), "{text:?}");
    }
    for text in ["HELP", "help?", "Help!!! 😱", "INFO", "help help"] {
        assert_eq!(keyword(text, "US"), Some(Keyword::Help), "{text:?}");
    }
    assert_eq!(keyword("hilfe", "DE"), Some(Keyword::Help));
    assert_eq!(keyword("Démarrer", "FR"), Some(Keyword::Start));
    assert_eq!(keyword("ช่วยเหลือ", "TH"), Some(Keyword::Help));
    assert_eq!(keyword("เริ่ม", "TH"), Some(Keyword::Start));
    for text in [
        "help me",
        "get started",
        "starting",
        "start over please",
        "informed",
        "helpful",
    ] {
        assert_eq!(keyword(text, "US"), None, "{text:?}");
    }
}

#[test]
fn t24_other_wordings_are_for_a_person_to_judge() {
    let asks = [
        "please don't text me again",
        "PLEASE STOP",
        "Stop texting me!!",
        "Do not contact me anymore",
        "take me off your list",
        "Remove my number please.",
        "I want to opt out",
        "how do I unsubscribe?",
        "No more messages, thank you",
        "leave me alone",
        "lose my number",
        "wrong number",
        "I no longer wish to receive these",
        "stop sending me this",
        "No me escriban más",
        "Je ne veux plus recevoir ça, arrêtez de m'écrire",
        "Bitte keine SMS mehr",
        "schreiben Sie mir nicht mehr",
        "não quero receber isso",
        "non voglio ricevere messaggi",
        "geen sms meer aub",
        "Больше не пишите мне",
    ];
    let missed: Vec<_> = asks.iter().filter(|text| !may_opt_out(text)).collect();
    assert!(missed.is_empty(), "{missed:?}");
    let does_not = [
        "",
        "stop by tomorrow",
        "please stop by at 5",
        "the bus stop",
        "don't stop",
        "text me again tomorrow",
        "please text me when it is ready",
        "can you remove the stain",
        "take me to the list",
        "cancel my order",
        "I opted for the blue one",
        "my number is +12025550107",
        "contact me please",
        "do not worry",
        "no more questions",
        "is it the wrong size",
        "send me a text",
        "alone at home",
        "Danke, bitte schreiben Sie mir",
        "я пишу вам",
    ];
    let mistaken: Vec<_> = does_not.iter().filter(|text| may_opt_out(text)).collect();
    assert!(mistaken.is_empty(), "{mistaken:?}");
}
