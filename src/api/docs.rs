//! The API's documentation: the OpenAPI document, a page that reads it, and a page about every
//! sort of problem. Nothing comes from another host, and no key is needed.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use super::Api;
use super::openapi::document;
use crate::http::problem::{Code, Problem};

/// The reference page draws itself with styles of its own and pictures from data URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/// How long the page's files may be kept: they change with the program.
const ONE_HOUR: &str = "max-age=3600";

const PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <title>postern: API reference</title>\n\
    <link rel=\"stylesheet\" href=\"/docs/swagger-ui.css\">\n\
    <link rel=\"icon\" href=\"/docs/favicon-32x32.png\">\n</head>\n<body>\n\
    <div id=\"reference\"></div>\n\
    <noscript>The reference needs scripts; the same is in <a href=\"/openapi.json\">openapi.json</a>.</noscript>\n\
    <script src=\"/docs/swagger-ui-bundle.js\"></script>\n\
    <script src=\"/docs/start.js\"></script>\n</body>\n</html>\n";

/// The validator is switched off because it belongs to another host.
const START: &str = "SwaggerUIBundle({\n  url: \"/openapi.json\",\n  dom_id: \"#reference\",\n  \
    deepLinking: true,\n  validatorUrl: null,\n  displayRequestDuration: true,\n});\n";

/// The OpenAPI document as it is served, printed and committed.
pub fn openapi_json() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let text = document().to_pretty_json();
        text.expect("a document of plain values serialises") + "\n"
    });
    TEXT.as_str()
}

/// The routes of the documentation.
pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/docs", get(page))
        .route("/docs/", get(page))
        .route("/docs/start.js", get(start))
        .route("/docs/{file}", get(asset))
        .route("/docs/problems", get(problems))
        .route("/docs/problems/{code}", get(problem))
}

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi_json())
}

async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE))
}

async fn start() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, ONE_HOUR),
    ];
    (headers, START)
}

async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    static CONFIG: LazyLock<Arc<utoipa_swagger_ui::Config<'static>>> =
        LazyLock::new(|| Arc::new(utoipa_swagger_ui::Config::from("/openapi.json")));
    let nothing = || Problem::not_found("page");
    // Its own start page would have to be told where the document is; ours replaces it.
    let wanted = [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "favicon-32x32.png",
    ];
    if !wanted.contains(&file.as_str()) {
        return Err(nothing());
    }
    let found = utoipa_swagger_ui::serve(&file, Arc::clone(&CONFIG))
        .ok()
        .flatten()
        .ok_or_else(nothing)?;
    let headers = [
        (CONTENT_TYPE, found.content_type),
        (CACHE_CONTROL, ONE_HOUR.to_owned()),
    ];
    Ok((headers, found.bytes.into_owned()).into_response())
}

async fn problems() -> impl IntoResponse {
    let mut list = String::new();
    for code in Code::ALL {
        let (name, status, title) = (code.as_str(), code.status().as_u16(), code.title());
        writeln!(
            list,
            "<li><a href=\"/docs/problems/{name}\"><code>{name}</code></a> ({status}): {title}</li>"
        )
        .expect("writing to a text does not fail");
    }
    let intro = "<p>Every error is <code>application/problem+json</code> (RFC 9457). Its \
        <code>code</code> is one of these and does not change.</p>";
    Html(shell("Problems", &format!("{intro}\n<ul>\n{list}</ul>")))
}

async fn problem(Path(name): Path<String>) -> Result<Html<String>, Problem> {
    let code = Code::from_name(&name).ok_or_else(|| Problem::not_found("problem"))?;
    let (status, remedy) = (code.status().as_u16(), code.remedy());
    let body = format!(
        "<p>Code <code>{}</code>, HTTP status {status}.</p>\n<p>{remedy}</p>\n\
        <p><a href=\"/docs/problems\">All problems</a></p>",
        code.as_str()
    );
    Ok(Html(shell(code.title(), &body)))
}

fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <title>postern: {title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    )
}
