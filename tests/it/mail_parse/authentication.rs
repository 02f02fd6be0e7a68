//! Whom to believe that a mail is from whom it says (T25).

use bytes::Bytes;
use postern::domain::mail::Verified;
use postern::mail::{self, Reading};

use super::read;

const MX: &str = "Received: from client.example by mx.shop.example with ESMTPS; x";

fn verified(headers: &str) -> Verified {
    read(format!(
        "{headers}\nFrom: Ann <ann@bank.example>\nSubject: x\n\nx"
    ))
    .verified
}

#[test]
fn t25_what_the_receiving_server_found_is_believed() {
    for results in [
        "dmarc=pass header.from=bank.example",
        "dmarc=pass (p=REJECT sp=NONE) header.from=bank.example",
        "dkim=none; spf=none; dmarc=pass",
        "spf=pass smtp.mailfrom=ann@bank.example",
        "spf=pass (mx: domain of ann@bank.example designates 1.2.3.4; really) smtp.mailfrom=\"ann@mail.bank.example\"",
        "dkim=pass header.d=bank.example header.s=a header.b=b",
        "dkim=pass header.i=@mail.bank.example",
        "dkim=fail header.d=bank.example; dkim=pass header.d=bank.example",
        "dmarc=none; dkim=pass header.d=BANK.example",
        "dkim/1 = pass header.d=bank.example",
        "dmarc=bestguesspass action=none header.from=bank.example",
    ] {
        let headers = format!("Authentication-Results: mx.shop.example; {results}\n{MX}");
        assert_eq!(verified(&headers), Verified::Yes, "{results}");
        let below = format!("{MX}\nAuthentication-Results: MX.shop.example 1;\n {results}");
        assert_eq!(verified(&below), Verified::Yes, "{results}");
    }
}

#[test]
fn t25_what_does_not_vouch_for_the_sender_is_no() {
    for results in [
        "none",
        "",
        "dmarc=fail header.from=bank.example; spf=pass smtp.mailfrom=bank.example",
        "spf=pass smtp.mailfrom=evil.example",
        "spf=pass smtp.mailfrom=bank.example.evil.example",
        "spf=pass smtp.mailfrom=evilbank.example",
        "spf=pass smtp.mailfrom=example",
        "spf=pass smtp.helo=bank.example",
        "spf=softfail smtp.mailfrom=bank.example",
        "dkim=pass header.d=evil.example",
        "dkim=fail header.d=bank.example",
        "dkim=pass header.d=evil.example header.i=@evil.example; dkim=fail header.d=bank.example",
        "dmarc=pass header.from=evil.example",
        "dkim=neutral (dmarc=pass) header.d=bank.example",
        "dkim=fail reason=\"; dmarc=pass\" header.d=evil.example",
        "iprev=pass; auth=pass smtp.auth=ann@bank.example",
    ] {
        let headers = format!("Authentication-Results: mx.shop.example; {results}\n{MX}");
        assert_eq!(verified(&headers), Verified::No, "{results}");
    }
}

#[test]
fn t25_forged_results_are_not_believed() {
    let pass = "dmarc=pass header.from=bank.example; dkim=pass header.d=bank.example";
    let fail = "Authentication-Results: mx.shop.example; dkim=fail; spf=fail";
    for headers in [
        // Another server's word.
        format!("Authentication-Results: mx.evil.example; {pass}\n{MX}"),
        format!("{MX}\nAuthentication-Results: evil.example; {pass}"),
        format!("Authentication-Results: mx.shop.example.evil.example; {pass}\n{MX}"),
        // Ours, but from further down than where we write.
        format!(
            "{MX}\nReceived: from a by mail.evil.example\nAuthentication-Results: mx.shop.example; {pass}"
        ),
        format!("{fail}\n{MX}\nAuthentication-Results: mx.shop.example; {pass}"),
        format!("{MX}\n{fail}\nAuthentication-Results: mx.shop.example; {pass}"),
        format!(
            "{MX}\n{fail}\nX-Other: y\nReceived: by mx.shop.example\nAuthentication-Results: mx.shop.example; {pass}"
        ),
        // Above a Received that pretends to be ours.
        format!(
            "Received: by relay.evil.example\nReceived: by mail.evil.example\nAuthentication-Results: mx.shop.example; {pass}"
        ),
        // No result at all, or within a comment.
        format!("Authentication-Results: mx.shop.example ({pass})\n{MX}"),
        format!("Authentication-Results: {pass}\n{MX}"),
        format!("X-Authentication-Results: mx.shop.example; {pass}\n{MX}"),
        format!("ARC-Authentication-Results: i=1; mx.shop.example; {pass}\n{MX}"),
        MX.to_owned(),
    ] {
        assert_eq!(verified(&headers), Verified::No, "{headers}");
    }
}

#[test]
fn t25_two_senders_vouch_for_nobody() {
    let results = format!("Authentication-Results: mx.shop.example; dmarc=pass\n{MX}");
    for from in [
        "From: mallory@evil.example, ann@bank.example",
        "From: mallory@evil.example\nFrom: ann@bank.example",
        "Sender: ann@bank.example",
        "Reply-To: ann@bank.example",
        // A list of the attacker, whose domain has a DMARC of its own.
        "From: Ann via L <l@evil.example>\nList-Id: <l>\nX-Original-From: ann@bank.example",
    ] {
        assert_eq!(
            read(format!("{results}\n{from}\n\nx")).verified,
            Verified::No,
            "{from}"
        );
    }
}

#[test]
fn t25_a_list_that_keeps_the_signature_of_the_writer_is_vouched_for_by_it() {
    let mail = read(format!(
        "Authentication-Results: mx.shop.example; dkim=pass header.d=bank.example; dmarc=pass header.from=lists.example\n{MX}\n\
         From: Ann via Users <users@lists.example>\nList-Id: <users>\nReply-To: ann@bank.example\n\nx"
    ));
    assert_eq!(mail.from.unwrap().address, "ann@bank.example");
    assert_eq!(mail.verified, Verified::Yes);
}

#[test]
fn t25_the_servers_that_most_people_use_are_understood() {
    let google = "Delivered-To: support@shop.example\n\
        Received: by 2002:a05:6a10:1 with SMTP id x; Sat\nX-Received: by 2002:a17:902:1\n\
        ARC-Authentication-Results: i=1; mx.google.com; dmarc=fail\nReturn-Path: <ann@bank.example>\n\
        Received: from mail.bank.example (mail. [1.2.3.4]) by mx.google.com with ESMTPS id y\n\
        Received-SPF: pass (google.com: domain of ann@bank.example)\n\
        Authentication-Results: mx.google.com;\n dkim=pass header.i=@bank.example header.s=s1;\n \
        spf=pass (google.com: domain of ann@bank.example designates 1.2.3.4) smtp.mailfrom=ann@bank.example;\n \
        dmarc=pass (p=QUARANTINE) header.from=bank.example\n\
        Received: from desk by mail.bank.example";
    let exchange = "Received: from A.namprd01.prod.outlook.com by B.namprd01.prod.outlook.com with HTTPS\n\
        Received: from C.eop.protection.outlook.com by D.outlook.office365.com with SMTP\n\
        Authentication-Results: spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=bank.example;\n \
        dkim=pass (signature was verified) header.d=bank.example;dmarc=pass action=none\n \
        header.from=bank.example;compauth=pass reason=100";
    let postfix = "Return-Path: <ann@bank.example>\nX-Original-To: support@shop.example\n\
        Received: from localhost by imap.shop.example (Dovecot) with LMTP id 1\n\
        Received: from mail.bank.example by mail.shop.example (Postfix) with ESMTPS\n\
        Authentication-Results: mail.shop.example; dmarc=pass (p=none dis=none) header.from=bank.example\n\
        Authentication-Results: mail.shop.example; spf=pass smtp.mailfrom=bank.example";
    for (id, headers) in [
        ("mx.google.com", google),
        ("outlook.com", exchange),
        ("mail.shop.example", postfix),
    ] {
        let raw = format!("{headers}\nFrom: ann@bank.example\n\nx");
        let reading = Reading {
            authserv_id: Some(id.to_owned()),
            ..Reading::default()
        };
        let mail = mail::read(&Bytes::from(raw), &reading).unwrap();
        assert_eq!(mail.verified, Verified::Yes, "{id}");
    }
}

#[test]
fn t25_nothing_is_known_where_nobody_is_believed() {
    let raw = "Authentication-Results: mx.shop.example; dmarc=pass\nFrom: ann@bank.example\n\nx";
    let mail = mail::read(&Bytes::from(raw), &Reading::default()).unwrap();
    assert_eq!(mail.verified, Verified::Unknown);
}
