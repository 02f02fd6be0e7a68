//! What the document of the API says, held against a running daemon by schemathesis.

use std::process::Stdio;

use crate::both;
use crate::world::app::TestApp;

/// What would shut out the one who asks, or never ends.
const LEFT_OUT: &str = "^/v1/(keys/|agents/|sessions|setup|events/stream)";

/// How long and how it is asked: `POSTERN_CONTRACT_SECONDS=600 POSTERN_CONTRACT_EXAMPLES=100` asks more.
fn or(name: &str, usual: &str) -> String {
    std::env::var(format!("POSTERN_CONTRACT_{name}")).unwrap_or_else(|_| usual.to_owned())
}

both! {
    async fn b02_schemathesis_finds_nothing_that_the_document_does_not_say(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        app.hooks.text_in("long", "+12025550107", "Hello", "b02").await.expect(200);
        let python = std::env::var("POSTERN_TEST_PYTHON").expect("tests/run sets it");
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/schemathesis.toml");
        let output = tokio::process::Command::new(python)
            .args(["-m", "schemathesis.cli", "--config-file", config, "run"])
            .arg(format!("{}/openapi.json", app.api.base))
            .args(["--header", &format!("Authorization: Bearer {}", app.api.key)])
            .args(["--checks", "all", "--seed", &or("SEED", "7"), "--max-examples", &or("EXAMPLES", "8")])
            .args(["--max-time", &or("SECONDS", "60")])
            .args(["--exclude-path-regex", LEFT_OUT, "--suppress-health-check", "all"])
            .current_dir(db.folder())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        app.end().await;
    }
}
