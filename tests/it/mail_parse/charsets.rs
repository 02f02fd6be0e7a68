//! Alphabets of the world, said rightly, wrongly or not at all.

use super::read;

/// A mail whose body has those bytes in that character set.
fn body(charset: &str, bytes: &[u8]) -> String {
    let mut raw =
        format!("From: a@b.example\r\nContent-Type: text/plain{charset}\r\n\r\n").into_bytes();
    raw.extend_from_slice(bytes);
    read(raw).text
}

#[test]
fn every_alphabet_is_read() {
    for (label, text) in [
        ("utf-8", "Grüße, привет, 日本語, 😀"),
        ("iso-8859-1", "Grüße à l'été"),
        ("iso-8859-15", "5 € für Œuvre"),
        ("windows-1252", "“quoted” – 5 €"),
        ("iso-8859-2", "zażółć gęślą jaźń"),
        ("windows-1250", "příliš žluťoučký"),
        ("koi8-r", "Здравствуйте, где заказ?"),
        ("koi8-u", "Привіт, як справи?"),
        ("windows-1251", "Добрый день"),
        ("iso-8859-5", "Здравствуйте"),
        ("iso-8859-7", "Καλημέρα"),
        ("windows-1253", "Καλημέρα σας"),
        ("windows-1254", "günaydın şöyle"),
        ("windows-1255", "שלום לכם"),
        ("iso-8859-8", "שלום"),
        ("windows-1256", "مرحبا بكم"),
        ("windows-1257", "labdien, ačiū"),
        ("windows-1258", "chào"),
        ("tis-620", "สวัสดีครับ"),
        ("iso-2022-jp", "注文はどこですか"),
        ("shift_jis", "注文はどこですか"),
        ("euc-jp", "注文はどこですか"),
        ("cp932", "①注文"),
        ("gb2312", "我的订单在哪里"),
        ("gbk", "我的訂單"),
        ("gb18030", "我的订单𠀀"),
        ("big5", "我的訂單在哪裡"),
        ("euc-kr", "주문이 어디에 있나요"),
        ("ks_c_5601-1987", "주문이 어디에"),
    ] {
        let name = if label == "cp932" { "shift_jis" } else { label };
        let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy, "{label}");
        assert_eq!(body(&format!("; charset={label}"), &bytes), text, "{label}");
        assert_eq!(
            body(&format!("; charset=\"{}\"", label.to_uppercase()), &bytes),
            text,
            "{label}"
        );
        let coded = encoded_word(label, &bytes);
        let mail = read(format!(
            "From: {coded} <a@b.example>\r\nSubject: {coded}\r\n\r\n"
        ));
        assert_eq!(mail.subject, text, "{label}");
        assert_eq!(mail.from.unwrap().name.as_deref(), Some(text), "{label}");
    }
}

fn encoded_word(label: &str, bytes: &[u8]) -> String {
    let coded: String = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
    format!("=?{label}?Q?{coded}?=")
}

#[test]
fn charsets_that_lie_are_seen_through() {
    let utf8 = "Grüße aus Köln".as_bytes();
    let latin = b"Gr\xfc\xdfe aus K\xf6ln";
    for label in [
        "; charset=us-ascii",
        "; charset=iso-8859-1",
        "",
        "; charset=x-unknown",
        "; charset=",
        "; charset=\"utf-8\"",
    ] {
        assert_eq!(body(label, utf8), "Grüße aus Köln", "{label}");
        assert_eq!(body(label, latin), "Grüße aus Köln", "{label}");
    }
    assert_eq!(body("; charset=iso-8859-1", b"\x93hi\x94 \x80"), "“hi” €");
    assert_eq!(body("; charset=utf-7", b"Hi Mom -+Jjo--!"), "Hi Mom -☺-!");
    assert_eq!(body("; charset=utf-7", b"+BB8EQAQ4, 1"), "При, 1");
    assert_eq!(body("; charset=cp850", b"Gr\x81\xe1e"), "Grüße");
    assert_eq!(body("; charset=cp437", b"Gr\x81\xe1e"), "Grüße");
    assert_eq!(body("; charset=hz-gb-2312", b"~{6)5%~} 7"), "订单 7");
    let korean = b"\x1b$)C\r\n\x0eAV9.\x0f 7";
    assert_eq!(body("; charset=iso-2022-kr", korean).trim(), "주문 7");
    assert_eq!(body("", b"\x1b$BCmJ8\x1b(B"), "注文");
    assert_eq!(body("; charset=utf-16", b"\xff\xfeh\0i\0"), "hi");
    assert_eq!(body("; charset=utf-16", b"plain"), "plain");
}

#[test]
fn headers_that_are_not_encoded_are_read_in_the_charset_of_the_text() {
    let mut raw = b"From: a@b.example\r\nSubject: ".to_vec();
    raw.extend_from_slice(
        b"\xf0\xd2\xc9\xd7\xc5\xd4\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nx",
    );
    assert_eq!(read(raw).subject, "Привет");
}

#[test]
fn html_says_its_charset_itself() {
    let mut raw =
        b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n<meta charset=windows-1251>".to_vec();
    raw.extend_from_slice(b"\xcf\xf0\xe8\xe2\xe5\xf2");
    let mail = read(raw);
    assert_eq!(mail.text, "Привет");
    assert!(mail.html.unwrap().contains("Привет"));
}

#[test]
fn no_text_has_a_character_that_databases_refuse() {
    let mail = read(
        "From: \"a\0b\" <a\0@b.example>\r\nSubject: =?utf-8?q?a=00b?= \0\r\nTo: =?utf-8?q?=00?= <c@d.example>\r\n\
        Message-ID: <\0a@b>\r\nReferences: <\0>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\na\0b&#0;&#x00;c\r\n--b\r\nContent-Type: application/x\0y; name=\"a\0.bin\"\r\nContent-ID: <\0>\r\n\r\nx\r\n--b--",
    );
    assert!(!format!("{mail:?}").contains("\\0"), "{mail:?}");
}
