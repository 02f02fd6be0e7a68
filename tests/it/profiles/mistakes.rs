//! A profile with a mistake is refused with file, line and reason; one in a folder overrides.

use std::path::Path;

use postern::channel::{ProfileFault, Profiles};

const SANDBOX: &str = include_str!("../../../gateways/sandbox.toml");

fn folder(name: &str, source: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), source).unwrap();
    dir
}

fn load(dir: &Path) -> Result<Profiles, ProfileFault> {
    Profiles::load(Some(dir))
}

/// The fault of the sandbox's profile with one line changed.
fn fault_of(line: &str, instead: &str) -> (String, usize) {
    let at = SANDBOX.lines().position(|one| one == line).unwrap();
    let source = SANDBOX.replacen(line, instead, 1);
    let fault = load(folder("own.toml", &source).path()).unwrap_err();
    assert!(fault.file.ends_with("own.toml"), "{fault}");
    assert_eq!(fault.line, at + 1, "{fault}");
    (fault.reason, fault.line)
}

#[test]
fn a_folder_adds_and_overrides() {
    let dir = folder("own.toml", SANDBOX);
    std::fs::write(dir.path().join("notes.txt"), "not a profile").unwrap();
    let profiles = load(dir.path()).unwrap();
    let names: Vec<_> = profiles.names().collect();
    assert_eq!(
        names,
        [
            "generic",
            "kannel",
            "own",
            "sandbox",
            "telnyx",
            "twilio",
            "vonage-sms"
        ]
    );
    assert!(load(Path::new("/nowhere/at/all")).is_err());
}

#[test]
fn a_mistake_is_pointed_at() {
    let (reason, _) = fault_of(r#"from = "p.from""#, r#"from = "p.from ~""#);
    assert!(reason.starts_with("not an expression"), "{reason}");
    let (reason, _) = fault_of(r#"from = "p.from""#, r#"from = "P.from""#);
    assert_eq!(
        reason,
        r#"no value is called "P" here; there are p, q, h, body, settings"#
    );
    let (reason, _) = fault_of(r#"from = "p.from""#, r#"from = "p.from|uper""#);
    assert!(reason.contains("uper"), "{reason}");
    let (reason, _) = fault_of(
        r#"bearer = "settings.api_key""#,
        r#"bearer = "settings.api_kay""#,
    );
    assert_eq!(reason, r#"[settings] declares no "api_kay""#);
    let (reason, _) = fault_of(r#"to = "msg.to""#, r#"to = "msg.recipient""#);
    assert!(
        reason.starts_with(r#"msg has no "recipient"; it has id, from, to"#),
        "{reason}"
    );
    let (reason, _) = fault_of(r#"failed = "failed""#, r#"failed = "lost""#);
    assert!(
        reason.starts_with(r#""lost" is no status of a report"#),
        "{reason}"
    );
    let (reason, _) = fault_of(r#"text = "p.text""#, r#"txt = "p.text""#);
    assert!(reason.contains("txt"), "{reason}");
    let (reason, _) = fault_of("max_segments = 10", "max_segments = 0");
    assert!(reason.contains("nonzero"), "{reason}");
    let (reason, _) = fault_of(r#"format = "json""#, r#"format = "xml""#);
    assert!(reason.contains("xml"), "{reason}");
    let (reason, _) = fault_of(r#"method = "post""#, "method = post");
    assert!(!reason.is_empty());
}

#[test]
fn an_unknown_scheme_or_class_is_refused() {
    let source = SANDBOX.replace("standard_webhooks", "trust_everybody");
    let fault = load(folder("own.toml", &source).path()).unwrap_err();
    assert!(fault.reason.contains("trust_everybody"), "{fault}");
    let source = SANDBOX.replace(r#"class = "expired""#, r#"class = "late""#);
    let fault = load(folder("own.toml", &source).path()).unwrap_err();
    assert!(fault.reason.contains("late"), "{fault}");
    let source = SANDBOX.replace(r#"secrets = "secret""#, r#"secrets = "sekret""#);
    let fault = load(folder("own.toml", &source).path()).unwrap_err();
    assert!(fault.reason.contains("sekret"), "{fault}");
}
