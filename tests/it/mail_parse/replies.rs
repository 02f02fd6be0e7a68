//! What of an HTML mail its author wrote this time, by the marks that mail programs leave in it.

use super::with;

/// What is to be seen of a mail that is only a page.
fn visible(page: &str) -> String {
    with("Content-Type: text/html; charset=utf-8", page).visible
}

#[test]
fn peers_what_programs_mark_as_quoted_needs_no_language() {
    for quote in [
        "<div class=\"gmail_quote\"><div dir=ltr class=\"gmail_attr\">Xyz john@example.com<br></div>\
         <blockquote class=\"gmail_quote\">Old</blockquote></div>",
        "<div class=\"moz-cite-prefix\">Xyz<br></div><blockquote type=cite>Old</blockquote>",
        "<div id=\"yahoo_quoted_1\" class=\"yahoo_quoted\"><div>Xyz</div><div>Old</div></div>",
        "<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>Xyz:</b> John</div><p>Old",
        "<div class=\"OutlookMessageHeader\"><b>Xyz:</b> John</div>Old",
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>\
         <p><b>Xyz:</b> John</p></div></div><p>Old</p>",
        "<div name=\"quote\" style=\"border-left:2px solid\"><div><b>Gesendet:</b> heute<br>\
         <b>Von:</b> John</div><div name=\"quoted-content\">Old</div></div>",
        "<div id=\"mail-editor-reference-message-container\"><p>Xyz: John</p><div>Old</div></div>",
        "<hr><blockquote type=cite>On Mon, Mar 3, 2025, 10:12 AM, John <john@example.com> wrote:\
         <br><br>Old</blockquote>",
    ] {
        for own in ["<div>New</div>", "<table><tr><td>New</td></tr></table>"] {
            assert_eq!(visible(&format!("{own}{quote}")), "New", "{quote}");
        }
    }
}

#[test]
fn peers_what_programs_mark_as_a_signature_is_none_of_it() {
    for signature in [
        "<div class=\"gmail_signature\" data-smartmail=\"gmail_signature\">Ann<br>Lee Ltd</div>",
        "<div class=\"moz-signature\">Ann<br>Lee Ltd</div>",
        "<div id=\"Signature\"><p>Ann</p><p>Lee Ltd</p></div>",
        "<div id=\"ms-outlook-mobile-signature\">Ann<div>Lee Ltd</div></div>",
        "<div name=\"messageSignatureSection\">Ann</div>",
    ] {
        let page = format!("<p>New</p>{signature}");
        assert_eq!(visible(&page), "New", "{signature}");
        let page = format!("{signature}<p>New</p>");
        assert_eq!(visible(&page), "New", "{signature}");
    }
}

#[test]
fn answers_around_marked_quotes_are_kept() {
    let quote = |text: &str| format!("<blockquote class=\"gmail_quote\">{text}</blockquote>");
    let page = format!(
        "<div class=\"gmail_quote\"><div class=\"gmail_attr\">Xyz<br></div>{}<div>Blue.</div>{}\
         <div>Small.</div></div>",
        quote("Which colour?"),
        quote("Which size?")
    );
    assert_eq!(visible(&page), "Blue.\n\nSmall.");
}

#[test]
fn a_mail_that_is_nothing_but_a_quote_is_shown() {
    let page = "<div id=\"divRplyFwdMsg\"><b>From:</b> John</div><p>Old</p>";
    assert_eq!(visible(page), "From: John\n\nOld");
}
