//! The command line, through the real binary: what goes where, and how it ends.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the binary in an empty folder, with nothing set in its environment that it reads.
fn postern(arguments: &[&str], input: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    postern_in(folder.path(), arguments, input)
}

fn postern_in(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("POSTERN_CONFIG")
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn talk(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn help_and_version_are_data() {
    for arguments in [&["--help"][..], &["help", "key"], &["--version"]] {
        let done = postern(arguments, "");
        assert_eq!(code(&done), Some(0));
        assert!(!out(&done).is_empty());
        assert_eq!(talk(&done), "");
    }
}

#[test]
fn what_makes_no_sense_is_usage() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["segments", "a", "b"],
        &["key", "create", "x"],
        &["key", "create", "x", "--role", "boss"],
        &["key", "create", " ", "--role", "admin"],
        &[
            "agent",
            "add",
            "",
            "--email",
            "a@b.example",
            "--role",
            "admin",
        ],
        &["agent", "add", "Ann", "--email", "ann", "--role", "admin"],
        &["simulate"],
    ] {
        let done = postern(arguments, "");
        assert_eq!(code(&done), Some(2), "{arguments:?}");
        assert_eq!(out(&done), "", "{arguments:?}");
        assert!(!talk(&done).is_empty(), "{arguments:?}");
    }
}

#[test]
fn config_is_taken_before_and_after_and_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.toml"), "[server]\nlisen = 1\n").unwrap();
    for arguments in [
        &["--config", "bad.toml", "check-config"][..],
        &["check-config", "--config", "bad.toml"],
        &["--config=bad.toml", "check-config", "--json"],
        &["check-config", "--json", "--config=bad.toml"],
        &["migrate", "--config", "bad.toml"],
        &["serve", "--config", "bad.toml"],
        &[
            "--config", "bad.toml", "key", "create", "x", "--role", "agent",
        ],
        &[
            "key", "create", "x", "--role", "agent", "--config", "bad.toml",
        ],
        &[
            "key", "--config", "bad.toml", "create", "x", "--role", "agent",
        ],
    ] {
        let done = postern_in(folder.path(), arguments, "");
        assert_eq!(code(&done), Some(78), "{arguments:?}: {}", talk(&done));
    }
    let done = Command::new(env!("CARGO_BIN_EXE_postern"))
        .arg("check-config")
        .current_dir(folder.path())
        .env("POSTERN_CONFIG", "bad.toml")
        .output()
        .unwrap();
    assert_eq!(code(&done), Some(78));
}

#[test]
fn the_usual_file_is_read_when_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let done = postern_in(folder.path(), &["check-config"], "");
    assert_eq!(code(&done), Some(0));
    assert_eq!(out(&done), "the built-in defaults: ok, gateways: 0\n");
    std::fs::create_dir(folder.path().join("config")).unwrap();
    std::fs::write(folder.path().join("config/postern.toml"), "[logg]\n").unwrap();
    let done = postern_in(folder.path(), &["check-config"], "");
    assert_eq!(code(&done), Some(78));
    assert_eq!(
        talk(&done),
        "config/postern.toml:1:2: unknown key \"logg\" in the file; did you mean \"log\"?\n"
    );
}

#[test]
fn check_config_tells_all_faults_to_people_and_programs() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[server]\nlisen = 1\n[databse]\n";
    std::fs::write(folder.path().join("p.toml"), text).unwrap();
    let arguments = ["check-config", "--config", "p.toml"];
    let done = postern_in(folder.path(), &arguments, "");
    assert_eq!(out(&done), "");
    assert_eq!(talk(&done).lines().count(), 2);
    let done = postern_in(folder.path(), &[&arguments[..], &["--json"]].concat(), "");
    let told: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(told["ok"], false);
    assert_eq!(told["faults"][0]["line"], 2);
    assert_eq!(told["faults"][0]["column"], 1);
    assert_eq!(told["faults"][1]["fix"], "did you mean \"database\"?");
}

#[test]
fn a_file_that_is_not_there_is_bad_configuration() {
    let done = postern(&["check-config", "--config", "no.toml"], "");
    assert_eq!(code(&done), Some(78));
    assert!(talk(&done).starts_with("no.toml: the file cannot be read"));
}

#[test]
fn a_fault_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\"a\\u001b]0;x\\u0007\" = 1\n";
    std::fs::write(folder.path().join("p.toml"), text).unwrap();
    let done = postern_in(folder.path(), &["check-config", "--config", "p.toml"], "");
    assert_eq!(code(&done), Some(78));
    assert!(!talk(&done).contains('\u{1b}'));
}

#[test]
fn segments_are_counted_for_people_and_programs() {
    let done = postern(&["segments", "hello"], "");
    assert_eq!(code(&done), Some(0));
    assert_eq!(
        out(&done),
        "encoding:    gsm7\nunits:       5\nsegments:    1\nper segment: 160\nremaining:   155\n"
    );
    for arguments in [
        &["segments", "“hi”", "--json"][..],
        &["segments", "--json", "“hi”"],
    ] {
        let done = postern(arguments, "");
        let counted: Value = serde_json::from_str(&out(&done)).unwrap();
        assert_eq!(counted["encoding"], "ucs2");
        assert_eq!(counted["units"], 4);
        assert_eq!(counted["forcing"], serde_json::json!(["“", "”"]));
    }
    let done = postern(&["segments", "a\u{1b}\u{202e}"], "");
    assert!(out(&done).ends_with("forcing:     U+001B, U+202E\n"));
}

#[test]
fn segments_read_standard_input_as_it_is() {
    for arguments in [&["segments", "-", "--json"][..], &["segments", "--json"]] {
        let done = postern(arguments, "héllo\n");
        let counted: Value = serde_json::from_str(&out(&done)).unwrap();
        assert_eq!(counted["units"], 6);
        assert!(talk(&done).contains("line end"));
    }
}

#[test]
fn a_text_may_begin_with_a_hyphen() {
    let done = postern(&["segments", "-5 degrees", "--json"], "");
    let counted: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(counted["units"], 10);
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["segments", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stdin.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(code(&done), Some(0));
    assert_eq!(talk(&done), "");
}

#[test]
fn an_agent_needs_a_password_on_standard_input() {
    let arguments = [
        "agent",
        "add",
        "Ann",
        "--email",
        "ann@example.com",
        "--role",
        "agent",
    ];
    for (input, expected) in [("", "no password"), ("short\n", "8 to 128")] {
        let done = postern(&arguments, input);
        assert_eq!(code(&done), Some(2));
        assert!(talk(&done).contains(expected), "{}", talk(&done));
    }
}

#[test]
fn commands_on_the_database_make_it_and_print_data_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| postern_in(folder.path(), arguments, input);
    assert_eq!(code(&run(&["migrate"], "")), Some(0));
    let ann = ["agent", "add", "Ann", "--email", "ann@example.com"];
    let add = [&ann[..], &["--role", "agent"]].concat();
    let done = run(&add, "correct horse\n");
    assert_eq!(code(&done), Some(0), "{}", talk(&done));
    assert!(out(&done).starts_with("agt_"));
    assert_eq!(code(&run(&add, "correct horse\n")), Some(1));
    let create = ["key", "create", "ops", "--agent", "Ann", "--role"];
    let done = run(&[&create[..], &["agent"]].concat(), "");
    assert_eq!(code(&done), Some(0), "{}", talk(&done));
    assert_eq!(out(&done).lines().count(), 1);
    assert_eq!(talk(&done), "");
    let above = run(&[&create[..], &["admin"]].concat(), "");
    assert_eq!(code(&above), Some(1));
    assert_eq!(out(&above), "");
}

#[test]
fn a_database_that_takes_no_connection_is_named_with_the_reason_once() {
    let folder = tempfile::tempdir().unwrap();
    // Bound and not listening: nobody else gets the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let place = socket.local_addr().unwrap();
    let text = format!("[database]\nurl = \"postgres://ann:canary@{place}/texts\"\n");
    std::fs::write(folder.path().join("c.toml"), text).unwrap();
    let done = postern_in(folder.path(), &["migrate", "--config", "c.toml"], "");
    assert_eq!(code(&done), Some(1));
    let told = talk(&done);
    assert!(
        told.starts_with(&format!(
            "error: the database at {place}/texts cannot be opened: "
        )),
        "{told}"
    );
    assert_eq!(told.matches("Connection refused").count(), 1, "{told}");
    assert!(!told.contains("canary"), "{told}");
}

#[test]
fn a_gateway_that_cannot_work_is_bad_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[gateway]]\nname = \"a\"\nkind = \"long_code\"\nprofile = \"twillio\"\naddress = \"+12025550100\"\n";
    std::fs::write(folder.path().join("p.toml"), text).unwrap();
    for command in ["check-config", "serve"] {
        let done = postern_in(folder.path(), &["--config", "p.toml", command], "");
        assert_eq!(code(&done), Some(78));
        assert!(talk(&done).contains("twillio"), "{}", talk(&done));
    }
    let arguments = ["--config", "p.toml", "check-config", "--json"];
    let told: Value =
        serde_json::from_str(&out(&postern_in(folder.path(), &arguments, ""))).unwrap();
    assert_eq!(told["ok"], false);
}

/// What only the profile or the wire of a gateway knows is named by its place too, all of it.
#[test]
fn a_wrong_setting_of_a_gateway_is_named_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"[[gateway]]
name = "a"
kind = "long_code"
profile = "twilio"
address = "+12025550100"
ca = "no certificate"
[gateway.settings]
account_sid = "AC00000000000000000000000000000000"
auth_token = "0123456789abcdef0123456789abcdef"
base_url = "https://api.test"

[[gateway]]
name = "b"
kind = "long_code"
profile = "twilio"
address = "+12025550101"
[gateway.settings]
account_sid = "AC00000000000000000000000000000000"
auth_token = "0123456789abcdef0123456789abcdef"
base_url = "gopher://secret.example"

[[gateway]]
name = "c"
kind = "long_code"
profile = "twilio"
address = "+12025550102"
[gateway.settings]
account_sid = "AC00000000000000000000000000000000"
"#;
    std::fs::write(folder.path().join("p.toml"), text).unwrap();
    for command in ["check-config", "serve"] {
        let done = postern_in(folder.path(), &["--config", "p.toml", command], "");
        assert_eq!(code(&done), Some(78));
        let said = talk(&done);
        for place in [
            "p.toml:6:1: gateway \"a\": the setting \"ca\"",
            "p.toml:20:1: gateway \"b\": the setting \"base_url\"",
            "p.toml:27:10: gateway \"c\": the setting \"auth_token\"",
        ] {
            assert!(said.contains(place), "{place}: {said}");
        }
        assert!(!said.contains("secret.example"), "{said}");
    }
    let arguments = ["--config", "p.toml", "check-config", "--json"];
    let told: Value =
        serde_json::from_str(&out(&postern_in(folder.path(), &arguments, ""))).unwrap();
    assert_eq!(told["faults"][1]["line"], 20);
    assert_eq!(told["faults"][1]["file"], "p.toml");
}

#[test]
fn openapi_is_one_json_document() {
    let document: Value = serde_json::from_str(&out(&postern(&["openapi"], ""))).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
}
