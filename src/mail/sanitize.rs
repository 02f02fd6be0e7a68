//! HTML of strangers, made harmless to be shown (T5, layer A).
//!
//! Two steps. The first cuts the page into tags without building a tree and writes those that are
//! allowed again, balanced and not deep, so that nothing in it can be expensive; it is not what we
//! trust. The second is the sanitiser, which parses what is left as browsers do and keeps a small
//! list of elements and attributes.

mod reduce;

use std::collections::{BTreeMap, HashMap, HashSet};

use ammonia::{Builder, UrlRelative};

use super::attachment::content_id;

/// The attribute that keeps where a remote picture is, so that a reader may ask for it.
const REMOTE: &str = "data-remote-src";

/// The only properties that a style may have; none of them moves or covers anything.
const STYLES: [&str; 12] = [
    "color",
    "background-color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "text-align",
    "text-decoration",
    "vertical-align",
    "line-height",
    "white-space",
    "border-collapse",
];

/// The elements that are kept and the attributes of each.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("a", &["href", "title"]),
    ("abbr", &["title"]),
    ("b", &[]),
    ("big", &[]),
    ("blockquote", &[]),
    ("br", &[]),
    ("caption", &[]),
    ("center", &[]),
    ("cite", &[]),
    ("code", &[]),
    ("col", &["span", "width"]),
    ("colgroup", &["span", "width"]),
    ("dd", &[]),
    ("del", &[]),
    ("div", &["align"]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("font", &["color", "face", "size"]),
    ("h1", &["align"]),
    ("h2", &["align"]),
    ("h3", &["align"]),
    ("h4", &["align"]),
    ("h5", &["align"]),
    ("h6", &["align"]),
    ("hr", &[]),
    ("i", &[]),
    ("img", &["src", "alt", "width", "height", REMOTE]),
    ("ins", &[]),
    ("kbd", &[]),
    ("li", &[]),
    ("ol", &["start", "type"]),
    ("p", &["align"]),
    ("pre", &[]),
    ("q", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("small", &[]),
    ("span", &[]),
    ("strike", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("sup", &[]),
    (
        "table",
        &[
            "align",
            "bgcolor",
            "border",
            "cellpadding",
            "cellspacing",
            "width",
        ],
    ),
    ("tbody", &[]),
    (
        "td",
        &[
            "align", "bgcolor", "colspan", "height", "rowspan", "valign", "width",
        ],
    ),
    ("tfoot", &[]),
    (
        "th",
        &[
            "align", "bgcolor", "colspan", "height", "rowspan", "valign", "width",
        ],
    ),
    ("thead", &[]),
    ("tr", &["align", "bgcolor", "valign"]),
    ("tt", &[]),
    ("u", &[]),
    ("ul", &[]),
    ("wbr", &[]),
];

/// Attributes that every element may have.
const EVERYWHERE: [&str; 2] = ["style", "dir"];

/// A page that can be shown: no script, no form, nothing that is fetched from elsewhere.
///
/// `images` answers where the picture of a content id (without `cid:`) can be had from us; a
/// picture of which it knows nothing loses its source. Remote pictures keep theirs in
/// `data-remote-src` only. Links open elsewhere, tell nothing about us, lead to `http`, `https` or
/// `mailto`, and have their true host as their title.
pub fn html(page: &str, images: impl Fn(&str) -> Option<String>) -> String {
    let mut sources = BTreeMap::new();
    let reduced = reduce::reduce(page, |id| {
        if !sources.contains_key(id)
            && let Some(url) = images(id)
        {
            sources.insert(id.to_owned(), url);
        }
    });
    let elements = ELEMENTS.iter().copied();
    let attributes = elements
        .clone()
        .map(|(name, list)| (name, list.iter().copied().collect()));
    let mut builder = Builder::empty();
    builder
        .tags(elements.map(|(name, _)| name).collect::<HashSet<_>>())
        .clean_content_tags(HashSet::from(["script", "style", "title", "svg", "math"]))
        .tag_attributes(attributes.collect::<HashMap<_, _>>())
        .generic_attributes(HashSet::from(EVERYWHERE))
        .filter_style_properties(HashSet::from(STYLES))
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(
            move |element, attribute, value| match (element, attribute) {
                ("img", "src") => {
                    let url = content_id(value).and_then(|id| sources.get(&id).cloned());
                    url.map(Into::into)
                }
                (_, "href") if !is_link(value) => None,
                (_, REMOTE) if !is_web(value) => None,
                _ => Some(value.into()),
            },
        );
    builder.clean(&reduced).to_string()
}

/// Whether a link leads somewhere that it may; within our own pages it may not.
fn is_link(address: &str) -> bool {
    let url = url::Url::parse(address);
    url.is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
}

/// Whether an address is of the web.
fn is_web(address: &str) -> bool {
    url::Url::parse(address.trim()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
