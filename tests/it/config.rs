//! The configuration file: its faults name file, line, column and the nearest known key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use postern::config::{Config, DatabaseUrl, KEYS};
use postern::domain::gateway::{AfterClose, OnUnknown, Setting};

const SAMPLE: &str = "config/postern.toml";

/// The faults of a text, one a line, as an operator sees them.
fn faults(text: &str) -> String {
    Config::parse(text, "p.toml").unwrap_err().to_string()
}

/// A text gateway, with more lines at its end.
fn gateway(more: &str) -> String {
    format!(
        "[[gateway]]\nname = \"a\"\nkind = \"long_code\"\nprofile = \"twilio\"\naddress = \"+12025550100\"\n{more}\n"
    )
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = Config::parse("", "p.toml").unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(
        config.database.url,
        DatabaseUrl::Sqlite(PathBuf::from("var/postern.db"))
    );
}

#[test]
fn the_sample_shows_the_defaults() {
    let mut config = Config::load(Path::new(SAMPLE)).unwrap();
    config.fingerprints.clear(); // Of the text itself.
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
}

#[test]
fn the_sample_names_every_key_in_its_section() {
    let sample = std::fs::read_to_string(SAMPLE).unwrap();
    let mut section = "";
    let mut shown = Vec::new();
    for line in sample.lines() {
        let line = line.trim_start_matches("# ");
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            section = name.trim_start_matches('[');
        } else if let Some((key, _)) = line.split_once(" = ") {
            shown.push((section.to_owned(), key.to_owned()));
        }
    }
    for (section, keys) in KEYS {
        for key in *keys {
            let in_own_table = sample.contains(&format!("[{section}.{key}]"));
            let pair = ((*section).to_owned(), (*key).to_owned());
            assert!(in_own_table || shown.contains(&pair), "{section}: {key}");
        }
    }
}

#[test]
fn the_sample_reads_with_every_example_switched_on() {
    let sample = std::fs::read_to_string(SAMPLE).unwrap();
    let mut on = String::new();
    for line in sample.lines() {
        let code = line.strip_prefix("# ").unwrap_or(line);
        let is_code = code.starts_with('[')
            || code
                .split_once(" = ")
                .is_some_and(|(key, _)| key.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()));
        let alone = ["reopen_within", "IMAP_PASSWORD", "sms.pem"];
        if is_code && !alone.iter().any(|word| code.contains(word)) {
            let names = [
                "TWILIO_AUTH_TOKEN",
                "SMTP_PASSWORD",
                "OAUTH2_SECRET",
                "OAUTH2_REFRESH",
            ];
            let code = names
                .iter()
                .fold(code.to_owned(), |code, name| code.replace(name, "PATH"));
            on.push_str(&code);
        }
        on.push('\n');
    }
    let config = Config::parse(&on, SAMPLE).unwrap();
    assert_eq!(config.gateways.len(), 2);
    assert_eq!(config.default_sms.unwrap().as_str(), "support-long");
}

#[test]
fn a_fault_names_file_line_column_and_the_nearest_key() {
    assert_eq!(
        faults("[server]\n  lisen = \"x\"\n"),
        "p.toml:2:3: unknown key \"lisen\" in [server]; did you mean \"listen\"?"
    );
    assert_eq!(
        faults("[databse]\n"),
        "p.toml:1:2: unknown key \"databse\" in the file; did you mean \"database\"?"
    );
    assert_eq!(
        faults(&gateway("rate = { segments_per_secnd = 1 }")),
        "p.toml:6:10: unknown key \"segments_per_secnd\" in rate; did you mean \"segments_per_second\"?"
    );
}

#[test]
fn all_faults_are_told_in_one_go() {
    let text = "[server]\nlisten = \"here\"\npublic_url = \"ftp://x\"\nheader_timeout = \"10\"\n\
                trusted_proxies = [\"10.0.0.0/8\", \"10.0.0.0/33\"]\n[database]\nurl = \"mysql://u:secret@h/d\"\n\
                [blobs]\nurl = \"s3://b\"\n[defaults]\ncountry = \"XX\"\n[log]\nformat = \"jsn\"\nlevel = 3\n\
                [[gateway]]\nname = \"A b\"\nkind = \"longcode\"\naddress = \"x\"\n";
    let told = faults(text);
    let places: Vec<&str> = told.lines().map(|line| &line[..12]).collect();
    let lines: Vec<&str> = places
        .iter()
        .map(|place| place.split(':').nth(1).unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "2", "3", "4", "5", "7", "9", "11", "13", "14", "15", "16", "17"
        ],
        "{told}"
    );
    assert!(told.contains("did you mean \"json\"?"), "{told}");
    assert!(told.contains("did you mean \"long_code\"?"), "{told}");
    assert!(told.contains("has no \"profile\""), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn a_broken_file_is_told_with_its_place() {
    assert!(faults("[server]\nlisten = \n").starts_with("p.toml:2:"));
    let missing = Config::load(Path::new("no/such.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("no/such.toml: the file cannot be read"),
        "{missing}"
    );
}

#[test]
fn a_gateway_gets_the_usual_rate_of_its_kind() {
    for (kind, address, rate) in [
        ("long_code", "+12025550100", (1.0, 1)),
        ("toll_free", "+18005550100", (3.0, 3)),
        ("short_code", "24680", (100.0, 100)),
        ("alphanumeric", "Example", (10.0, 10)),
    ] {
        let text = gateway("")
            .replace("long_code", kind)
            .replace("+12025550100", address);
        let config = Config::parse(&text, "p.toml").unwrap();
        let read = config.gateways[0].rate;
        assert!(
            (read.segments_per_second - rate.0).abs() < f64::EPSILON,
            "{kind}"
        );
        assert_eq!(read.burst, rate.1, "{kind}");
    }
}

#[test]
fn a_gateway_carries_what_is_written() {
    let more = "country = \"GB\"\non_unknown = \"resend\"\nafter_close = \"reopen\"\nreopen_within = \"5d\"\n\
                rate = { segments_per_second = 0.5, burst = 2 }\nretry = { first = \"1s\", max = \"1m\" }\nvalid_for = \"1h\"\n\
                [gateway.settings]\ntext = \"a\"\nnumber = 0x10\nyes = true\nlist = [\"a\", { env = \"PATH\" }]";
    let config = Config::parse(&gateway(more), "p.toml").unwrap();
    let spec = &config.gateways[0];
    assert_eq!(spec.country, "GB");
    assert_eq!(spec.on_unknown, OnUnknown::Resend);
    let within = Some(Duration::from_hours(5 * 24));
    assert_eq!(spec.after_close, AfterClose::Reopen { within });
    assert_eq!(spec.retry.first, Duration::from_secs(1));
    assert_eq!(spec.valid_for, Duration::from_hours(1));
    assert_eq!(spec.settings["text"], Setting::Text("a".to_owned()));
    assert_eq!(spec.settings["number"], Setting::Integer(16));
    assert_eq!(spec.settings["yes"], Setting::Bool(true));
    let path = std::env::var("PATH").unwrap();
    assert_eq!(
        spec.settings["list"],
        Setting::List(vec!["a".to_owned(), path])
    );
}

#[test]
fn a_secret_is_read_from_a_file_without_its_line_end() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hush\r\n").unwrap();
    let settings = format!("settings.token = {{ file = {:?} }}", file.path());
    let config = Config::parse(&gateway(&settings), "p.toml").unwrap();
    assert_eq!(
        config.gateways[0].settings["token"],
        Setting::Text("hush".to_owned())
    );
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn a_secret_that_is_not_there_is_named() {
    let told = faults(&gateway(
        "[gateway.settings]\na = { env = \"POSTERN_NOT_SET\" }\nb = [{ file = \"no/such\" }]\nc = { evn = \"X\" }\nd = {}\ne = 1.5",
    ));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 5, "{told}");
    assert_eq!(
        lines[0],
        "p.toml:7:5: environment variable POSTERN_NOT_SET is not set; set POSTERN_NOT_SET before the start"
    );
    assert!(lines[1].starts_with("p.toml:8:6: file no/such cannot be read"));
    assert!(lines[2].ends_with("did you mean \"env\"?"), "{told}");
}

#[test]
fn a_password_in_the_database_url_is_not_shown() {
    let text = "[database]\nurl = \"postgres://u:hush@h/d\"\n";
    let config = Config::parse(text, "p.toml").unwrap();
    assert!(matches!(config.database.url, DatabaseUrl::Postgres(_)));
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn gateways_that_cannot_work_are_refused() {
    for (more, expected) in [
        ("rate.segments_per_second = 0", "segments_per_second"),
        ("rate.segments_per_second = -1", "segments_per_second"),
        ("rate.segments_per_second = 0.00001", "segments_per_second"),
        ("rate.segments_per_second = nan", "segments_per_second"),
        ("rate.burst = 0", "burst"),
        ("rate = 5", "it has to be a table"),
        ("reopen_within = \"1d\"", "means nothing"),
        ("retry.first = \"1h\"", "longer than the longest"),
        ("valid_for = \"0s\"", "out of range"),
        ("smart_encoding = \"yes\"", "true or false"),
    ] {
        let told = faults(&gateway(more));
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains(expected), "{told}");
    }
    let short = gateway("").replace("long_code", "short_code");
    assert!(faults(&short).contains("p.toml:5:11: address: \"+12025550100\" is not a short code"));
}

#[test]
fn the_second_of_a_name_and_of_a_default_is_refused() {
    let told = faults(&format!(
        "{}{}",
        gateway("default = true"),
        gateway("default = true")
    ));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].starts_with("p.toml:8:8: name: there are two gateways called \"a\""));
    assert!(lines[1].starts_with("p.toml:12:11: default: another gateway"));
}

#[test]
fn the_marked_gateway_is_the_default_else_the_first() {
    let second = gateway("default = true").replace("\"a\"", "\"b\"");
    let config = Config::parse(&format!("{}{second}", gateway("")), "p.toml").unwrap();
    assert_eq!(config.default_sms.unwrap().as_str(), "b");
    let config = Config::parse(&gateway(""), "p.toml").unwrap();
    assert_eq!(config.default_sms.unwrap().as_str(), "a");
}

#[test]
fn a_mail_gateway_needs_a_mailbox_or_a_server() {
    let text = "[[gateway]]\nname = \"m\"\nkind = \"email\"\naddress = \"a@example.com\"\n";
    assert!(faults(text).contains("neither a mailbox to read nor a server to send by"));
    let clear = format!(
        "{text}[gateway.smtp]\nhost = \"mail.example.com\"\ntls = \"none\"\nusername = \"a\"\npassword = \"b\"\n"
    );
    assert!(
        faults(&clear).contains("in the clear"),
        "{}",
        faults(&clear)
    );
    let mail = Config::parse(&format!("{text}[gateway.imap]\nhost = \"h\"\nafter_read = {{ move = \"Done\" }}\nfirst_run = {{ since = \"2026-01-31\" }}\n"), "p.toml").unwrap();
    let spec = mail.gateways[0]
        .mail
        .as_ref()
        .unwrap()
        .imap
        .as_ref()
        .unwrap();
    assert_eq!((spec.server.port, spec.mailbox.as_str()), (993, "INBOX"));
    assert_eq!(
        spec.after_read,
        postern::domain::mailbox::AfterRead::Move("Done".to_owned())
    );
    assert!(mail.default_sms.is_none() && mail.default_email.is_some());
}
