//! Files of mails: names that may be shown and saved under (T6).

use super::with;

fn name(disposition: &str) -> String {
    let body = format!(
        "--b\nContent-Type: application/octet-stream\nContent-Disposition: {disposition}\n\nx\n--b--"
    );
    let mail = with("Content-Type: multipart/mixed; boundary=b", &body);
    mail.attachments[0].name.clone()
}

#[test]
fn t06_no_name_leaves_its_folder_or_hides_what_it_is() {
    for (disposition, expected) in [
        (
            "attachment; filename=\"../../x\\\"\r\n Set-Cookie: a=b\"",
            "x_ Set-Cookie_ a=b",
        ),
        ("attachment; filename=\"..\\..\\boot.ini\"", "boot.ini"),
        ("attachment; filename=\"/etc/passwd\"", "passwd"),
        ("attachment; filename=\"C:\\a\\b.txt\"", "b.txt"),
        (
            "attachment; filename*=utf-8''%2e%2e%2f%2e%2e%2fa.sh",
            "a.sh",
        ),
        ("attachment; filename*=utf-8''a%00.png%00.exe", "a.png.exe"),
        ("attachment; filename*=utf-8''a%0d%0ab.txt", "a b.txt"),
        (
            "attachment; filename*=utf-8''cod%e2%80%aegpj.exe",
            "codgpj.exe",
        ),
        ("attachment; filename=\"=?utf-8?B?Li4vLi4vYQ==?=\"", "a"),
        ("attachment; filename=\".bashrc\"", "bashrc"),
        ("attachment; filename=\"..\"", "attachment.bin"),
        ("attachment; filename=\"\"", "attachment.bin"),
        ("attachment; filename=\"   \"", "attachment.bin"),
        ("attachment", "attachment.bin"),
        ("attachment; filename=\"AUX\"", "_AUX"),
        ("attachment; filename=\"lpt1.txt\"", "_lpt1.txt"),
        (
            "attachment; filename=\"<img src=x onerror=alert(1)>.png\"",
            "_img src=x onerror=alert(1)_.png",
        ),
        (
            "attachment; filename*0=\"very \"; filename*1=\"long.pdf\"",
            "very long.pdf",
        ),
    ] {
        assert_eq!(name(disposition), expected, "{disposition}");
    }
}

#[test]
fn t06_every_name_is_short_and_has_no_path() {
    for long in [
        "a".repeat(5_000),
        "日".repeat(2_000),
        format!("{}.pdf", "x/".repeat(2_000)),
        ".".repeat(300),
    ] {
        let name = name(&format!("attachment; filename=\"{long}\""));
        assert!(!name.is_empty() && name.len() <= 200, "{}", name.len());
        assert!(!name.contains(['/', '\\', '\0', '\n']) && !name.starts_with('.'));
    }
}

#[test]
fn t06_media_types_are_tokens_or_nothing() {
    for (kind, expected) in [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("text/html\"><script>", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"),
        ("x", "text/plain"),
    ] {
        let body = format!(
            "--b\nContent-Type: {kind}; name=a\nContent-Disposition: attachment\n\nx\n--b--"
        );
        let mail = with("Content-Type: multipart/mixed; boundary=b", &body);
        assert_eq!(mail.attachments[0].content_type, expected, "{kind}");
    }
}

#[test]
fn t10_an_archive_is_kept_as_it_is() {
    let body = "--b\nContent-Type: application/zip; name=42.zip\nContent-Transfer-Encoding: base64\n\nUEsDBBQAAAAIAA==\n--b--";
    let mail = with("Content-Type: multipart/mixed; boundary=b", body);
    assert_eq!(
        mail.attachments[0].bytes.as_ref(),
        b"PK\x03\x04\x14\0\0\0\x08\0"
    );
    assert_eq!(mail.text, "");
}
