//! Every table says on both databases what it was told.

use std::time::Duration;

use postern::domain::address::Address;
use postern::domain::agent::{
    Agent, AgentRef, ApiKey, Away, Permission, Role, Scope, Span, Via, WorkingHours,
};
use postern::domain::clock::Timestamp;
use postern::domain::conversation::{
    Contact, ContactAddress, Conversation, Issue, IssueState, Tag, TeamRef, Work,
};
use postern::domain::delivery::{Delivery, DeliveryState};
use postern::domain::desk::View;
use postern::domain::failure::{Failure, FailureClass};
use postern::domain::gateway::{ChannelKind, GatewayName};
use postern::domain::health::{Half, Health, HealthState};
use postern::domain::id::{
    AgentId, ContactId, ConversationId, IssueId, KeyId, MessageId, OptOutId, QuarantineId, TagId,
    TeamId,
};
use postern::domain::idempotency::{Answered, Key};
use postern::domain::message::{
    Details, Direction, Message, Note, Priority, RawRequest, StatusEvent,
};
use postern::domain::opt_out::{OptOut, Origin, Word};
use postern::domain::quarantine::Quarantined;
use postern::domain::report::{Known, Parked};
use postern::domain::status::Status;
use postern::domain::text::Encoding;
use postern::store::conversation::Filter;
use postern::store::issue::IssueFilter;
use postern::store::message::MessageFilter;
use postern::store::{
    StoreFault, agent, conversation, delivery, gateway, idempotency, issue, key, message, opt_out,
    raw, reference, suppression, tag, timeline,
};

use super::{NOW, open};
use crate::both;

fn gateway_name() -> GatewayName {
    GatewayName::parse("long").unwrap()
}

fn somebody() -> AgentRef {
    AgentRef {
        id: AgentId::new(),
        name: "Ada \"the\" Agent".to_owned(),
    }
}

/// An entry of the ledger of opt-outs.
fn entry(pair: (String, String)) -> OptOut {
    OptOut {
        id: OptOutId::new(),
        pair,
        message: Some(MessageId::new()),
        began: Word {
            origin: Origin::Keyword,
            actor: Some(somebody()),
            words: Some("St\u{f6}p \"it\"".to_owned()),
            at: NOW,
        },
        ended: None,
    }
}

fn raw_request(body: &'static [u8]) -> RawRequest {
    RawRequest {
        id: MessageId::new().0,
        gateway: gateway_name(),
        received_at: NOW,
        method: "POST".to_owned(),
        target: "/hooks/long?a=b".to_owned(),
        headers: vec![("x-one".to_owned(), "1".to_owned())],
        body: bytes::Bytes::from_static(body),
    }
}

fn a_message(conversation: ConversationId) -> Message {
    Message {
        id: MessageId::new(),
        direction: Direction::Outbound,
        channel: ChannelKind::Sms,
        gateway: gateway_name(),
        from: "+12025550100".to_owned(),
        to: "+12025550123".to_owned(),
        text: "It's 5 o'clock; \u{1f600} \"quoted\" \\ \n\u{7f}".to_owned(),
        encoding: Some(Encoding::Ucs2),
        segments: 2,
        status: Status::Failed,
        failure: Some(Failure {
            class: FailureClass::Filtered,
            code: Some("30007".to_owned()),
            detail: "no".to_owned(),
        }),
        reference: Some("order 7".to_owned()),
        provider_reference: None,
        conversation,
        issue: None,
        author: Some(somebody()),
        details: Details {
            valid_for: 60,
            ..Details::default()
        },
        raw: None,
        round: 1,
        created_at: NOW,
    }
}

fn of(view: View) -> Filter {
    Filter {
        shelves: view.shelves().to_vec(),
        ..Filter::default()
    }
}

fn a_conversation(contact: ContactId, last: MessageId) -> Conversation {
    Conversation {
        last_message: last,
        last_gateway: Some(gateway_name()),
        unread: 3,
        done: true,
        snoozed_until: Some(NOW),
        failed: true,
        private_to: Some(TeamId::new()),
        work: Some(Work {
            assignee: Some(AgentId::new()),
            team: Some(TeamId::new()),
        }),
        tags: vec![TagId::new(), TagId::new()],
        ..Conversation::begin(contact, NOW)
    }
}

fn an_issue(conversation: ConversationId, number: i64) -> Issue {
    Issue {
        team: Some(TeamRef {
            id: TeamId::new(),
            name: "billing".to_owned(),
        }),
        version: 3,
        id: IssueId::new(),
        number,
        state: IssueState::Assigned,
        assignee: Some(somebody()),
        title: "It's broken".to_owned(),
        conversation,
        opened_at: NOW,
        first_response_at: None,
        closed_at: None,
        closed_by: None,
    }
}

both! {
    async fn people_conversations_issues_and_messages_read_back(db: Db) {
        let store = open(&db).await;
        let contact = Contact { id: ContactId::new(), name: None, created_at: NOW };
        let address = Address::Sms("+12025550123".to_owned());
        let mut said = a_conversation(contact.id, MessageId::new());
        let message = a_message(said.id);
        said.last_message = message.id;
        let issue = an_issue(said.id, 1);
        let (c, a, s, m, i) = (contact.clone(), address.clone(), said.clone(), message.clone(), issue.clone());
        store.write(move |tx| Box::pin(async move {
            conversation::insert_contacts(&mut tx.conn, &[(c, a)]).await?;
            for id in s.tags.clone() {
                let tag = Tag { id, name: id.to_string(), colour: "#e8590c".to_owned(), created_at: NOW, version: 1 };
                tag::upsert_tag(&mut tx.conn, &tag).await?;
            }
            conversation::upsert_conversations(&mut tx.conn, std::slice::from_ref(&s)).await?;
            issue::upsert_issues(&mut tx.conn, std::slice::from_ref(&i)).await?;
            message::upsert_messages(&mut tx.conn, std::slice::from_ref(&m)).await
        })).await.unwrap();

        let mut conn = store.read().await.unwrap();
        let threads = conversation::load_threads(&mut conn, &[address.clone(), Address::Sms("24680".to_owned())]).await.unwrap();
        assert_eq!(threads.len(), 1);
        assert_eq!(threads[0].conversation, said);
        assert_eq!(threads[0].issue, Some(issue.clone()));
        assert_eq!(message::load_messages(&mut conn, &[message.id]).await.unwrap()[&message.id], message);
        assert_eq!(issue::load_open(&mut conn, &[said.id]).await.unwrap()[&said.id], issue);
        assert_eq!(conversation::find_conversation(&mut conn, said.id, &Scope::All).await.unwrap(), Some(said.clone()));
        let all = MessageId(uuid::Uuid::max());
        assert_eq!(conversation::list_conversations(&mut conn, &of(View::All), &Scope::All, all, 9).await.unwrap(), [said.clone()]);
        assert_eq!(conversation::list_conversations(&mut conn, &Filter { contact: Some(contact.id), ..of(View::All) }, &Scope::All, all, 9).await.unwrap(), [said.clone()]);
        assert_eq!(conversation::list_conversations(&mut conn, &of(View::Inbox), &Scope::All, all, 9).await.unwrap(), []);
        assert_eq!(conversation::list_contacts(&mut conn, &[contact.id]).await.unwrap(), [(contact.clone(), vec![ContactAddress { address, bounced: None, opted_out: Vec::new() }])]);
        for tag in said.tags.iter().copied() {
            let tagged = Filter { tag: Some(tag), ..of(View::All) };
            assert_eq!(conversation::list_conversations(&mut conn, &tagged, &Scope::All, all, 9).await.unwrap(), [said.clone()]);
        }
        for filter in [
            MessageFilter::default(),
            MessageFilter { conversation: Some(said.id), ..MessageFilter::default() },
            MessageFilter { status: Some(Status::Failed), gateway: Some(gateway_name()), ..MessageFilter::default() },
            MessageFilter { direction: Some(Direction::Outbound), since: Some(NOW), ..MessageFilter::default() },
        ] {
            assert_eq!(message::list_messages(&mut conn, &filter, &Scope::All, all, 9).await.unwrap(), [message.clone()], "{filter:?}");
        }
        for filter in [
            MessageFilter { until: Some(NOW), ..MessageFilter::default() },
            MessageFilter { status: Some(Status::Sent), ..MessageFilter::default() },
            MessageFilter { issue: Some(issue.id), ..MessageFilter::default() },
        ] {
            assert_eq!(message::list_messages(&mut conn, &filter, &Scope::All, all, 9).await.unwrap(), [], "{filter:?}");
        }
        let filter = IssueFilter { state: Some(IssueState::Assigned), assignee: issue.assignee.as_ref().map(|one| one.id), ..IssueFilter::default() };
        assert_eq!(issue::list_issues(&mut conn, filter, &Scope::All, IssueId(uuid::Uuid::max()), 9).await.unwrap(), [issue.clone()]);
        assert_eq!(issue::find_issue(&mut conn, issue.id, &Scope::All).await.unwrap(), Some(issue));
    }

    /// I9: the database itself holds it, whatever the program believes.
    async fn i09_a_second_open_issue_is_refused_by_the_database(db: Db) {
        let store = open(&db).await;
        let contact = Contact { id: ContactId::new(), name: None, created_at: NOW };
        let said = Conversation { tags: Vec::new(), ..a_conversation(contact.id, MessageId::new()) };
        let refused = store.write(move |tx| Box::pin(async move {
            conversation::insert_contacts(&mut tx.conn, &[(contact, Address::Sms("24680".to_owned()))]).await?;
            conversation::upsert_conversations(&mut tx.conn, std::slice::from_ref(&said)).await?;
            issue::upsert_issues(&mut tx.conn, &[an_issue(said.id, 1), an_issue(said.id, 2)]).await
        })).await;
        assert!(matches!(refused, Err(ref fault) if fault.is_about_data()), "{refused:?}");
    }

    async fn timelines_references_and_parked_reports_read_back(db: Db) {
        let store = open(&db).await;
        let id = MessageId::new();
        let line = |n| StatusEvent {
            message: id, n, round: 0, part: 1, parts: 2, status: Status::Failed, at: NOW,
            note: Some(Note { class: Some(FailureClass::Geo), code: Some("x'".to_owned()), detail: None }), raw: None,
        };
        let lines = [line(0), line(1)];
        let known = Known { message: id, part: 1, parts: 2, round: 0 };
        let key = (gateway_name(), "SM'1".to_owned());
        let parked = Parked {
            gateway: gateway_name(), reference: "later".to_owned(), ours: Some("msg_1".to_owned()), status: Status::Delivered, note: None, part: Some((1, 2)),
            at: NOW, received_at: NOW, raw: Some(id.0),
        };
        let (l, k, p) = (lines.clone(), key.clone(), parked.clone());
        let other = Parked { status: Status::Sent, received_at: Timestamp(NOW.0 + 5), ..parked.clone() };
        let later = other.clone();
        store.write(move |tx| Box::pin(async move {
            timeline::insert_status_events(&mut tx.conn, &l).await?;
            reference::insert_references(&mut tx.conn, Direction::Outbound, &[(k.clone(), known)]).await?;
            reference::replace_references(&mut tx.conn, Direction::Inbound, &[(k.clone(), known)]).await?;
            reference::replace_references(&mut tx.conn, Direction::Inbound, &[(k, known)]).await?;
            reference::insert_parked(&mut tx.conn, &[p.clone(), p.clone(), other]).await?;
            let overdue = reference::list_parked(&mut tx.conn, Timestamp(NOW.0 + 1), 9).await?;
            assert_eq!(overdue, [p]);
            reference::delete_parked(&mut tx.conn, &overdue).await
        })).await.unwrap();
        let mut conn = store.read().await.unwrap();
        assert_eq!(timeline::load_timelines(&mut conn, &[id]).await.unwrap()[&id], lines);
        let keys = [key.clone(), (gateway_name(), "other".to_owned())];
        let found = reference::load_references(&mut conn, Direction::Outbound, &keys).await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(key, known)]);
        let waiting = reference::list_parked(&mut conn, Timestamp(NOW.0 + 9), 9).await.unwrap();
        assert_eq!(waiting, [later], "another report with the same reference goes on waiting");
    }

    async fn deliveries_leases_and_health_read_back(db: Db) {
        let store = open(&db).await;
        let conversation = ConversationId::new();
        let queued = |priority| Delivery {
            part: 0,
            message: MessageId::new(), gateway: gateway_name(), conversation, priority,
            state: DeliveryState::Queued, due_at: NOW, valid_until: NOW.plus(Duration::from_secs(9)),
            attempt: 0, epoch: 0, segments: 1,
        };
        let (first, second) = (queued(Priority::Bulk), queued(Priority::Bulk));
        let other = Delivery { conversation: ConversationId::new(), ..queued(Priority::Interactive) };
        let rows = [first.clone(), second.clone(), other.clone()];
        let health = Health {
            gateway: gateway_name(), state: HealthState::Paused, since: NOW, reason: Some("no".to_owned()),
            failures: 1, probe_at: Some(NOW),
        };
        let h = health.clone();
        let epochs = store.write(move |tx| Box::pin(async move {
            delivery::upsert_deliveries(&mut tx.conn, &rows).await?;
            gateway::upsert_health(&mut tx.conn, Half::Sender, &h).await?;
            let lasts = Duration::from_secs(10);
            let first = gateway::upsert_lease(&mut tx.conn, &gateway_name(), "one", NOW, lasts).await?;
            let again = gateway::upsert_lease(&mut tx.conn, &gateway_name(), "one", NOW, lasts).await?;
            gateway::release_lease(&mut tx.conn, &gateway_name(), "one").await?;
            let other = gateway::upsert_lease(&mut tx.conn, &gateway_name(), "two", NOW, lasts).await?;
            Ok::<_, StoreFault>((first, again, other))
        })).await.unwrap();
        assert_eq!(epochs, (Some(1), Some(1), Some(2)));
        let mut conn = store.read().await.unwrap();
        assert_eq!(gateway::find_epoch(&mut conn, &gateway_name()).await.unwrap(), Some(2));
        assert_eq!(gateway::list_health(&mut conn, Half::Sender).await.unwrap(), [health]);
        assert_eq!(gateway::list_health(&mut conn, Half::Mailbox).await.unwrap(), []);
        let due = delivery::list_due(&mut conn, &gateway_name(), NOW, 9).await.unwrap();
        assert_eq!(due, [other.clone(), first.clone()], "interactive first, and one of each conversation");
        let depth = delivery::count_queued(&mut conn).await.unwrap();
        assert_eq!((depth[0].depth, depth[0].oldest_due), (3, NOW));
        drop(conn);
        store.write(move |tx| Box::pin(async move {
            let sending = Delivery { state: DeliveryState::Sending, epoch: 1, attempt: 1, ..first };
            delivery::upsert_deliveries(&mut tx.conn, std::slice::from_ref(&sending)).await?;
            for (epoch, found) in [(2, 1), (1, 1), (0, 0)] {
                let abandoned = delivery::list_abandoned(&mut tx.conn, &gateway_name(), epoch, 9).await?;
                assert_eq!(abandoned, vec![sending.clone(); found], "under {epoch}");
            }
            delivery::delete_deliveries(&mut tx.conn, &[sending.piece()]).await?;
            let due = delivery::list_due(&mut tx.conn, &gateway_name(), NOW, 9).await?;
            assert_eq!(due, [other, second]);
            Ok::<_, StoreFault>(())
        })).await.unwrap();
    }

    async fn raw_requests_and_quarantine_read_back(db: Db) {
        let store = open(&db).await;
        let requests = [raw_request(b"=text \xc3\xa9"), raw_request(b"\x00\xff#"), raw_request(b"")];
        let one = Quarantined {
            id: QuarantineId::new(), gateway: gateway_name(), reason: "it's broken".to_owned(),
            raw: requests[0].id, received_at: NOW, replayed_at: None,
        };
        let (r, q) = (requests.clone(), one.clone());
        store.write(move |tx| Box::pin(async move {
            raw::insert_raw_requests(&mut tx.conn, &r.iter().collect::<Vec<_>>()).await?;
            raw::insert_quarantined(&mut tx.conn, &q).await
        })).await.unwrap();
        let mut conn = store.read().await.unwrap();
        for request in requests {
            assert_eq!(raw::find_raw_request(&mut conn, request.id).await.unwrap(), Some(request));
        }
        assert_eq!(raw::count_quarantined(&mut conn).await.unwrap(), 1);
        let all = QuarantineId(uuid::Uuid::max());
        assert_eq!(raw::list_quarantined(&mut conn, all, 9).await.unwrap(), [one.clone()]);
        drop(conn);
        let id = one.id;
        store.write(move |tx| Box::pin(async move { raw::update_replayed(&mut tx.conn, id, NOW).await })).await.unwrap();
        let mut conn = store.read().await.unwrap();
        assert_eq!(raw::list_quarantined(&mut conn, all, 9).await.unwrap(), []);
        assert_eq!(raw::find_quarantined(&mut conn, id).await.unwrap().unwrap().replayed_at, Some(NOW));
    }

    async fn agents_keys_answers_and_suppressions_read_back(db: Db) {
        let store = open(&db).await;
        let days = std::array::from_fn(|_| vec![Span { from: 540, to: 1020 }]);
        let ada = Agent {
            granted: [Permission::Export].into_iter().collect(),
            denied: [Permission::Assign].into_iter().collect(),
            working_hours: Some(WorkingHours { time_zone: "Europe/Berlin".to_owned(), days }),
            away: Some(Away { until: Some(NOW) }),
            ..Agent::new("Ada", Some("ada@example.com".to_owned()), Role::Agent, NOW)
        };
        let key = ApiKey { id: KeyId::new(), name: "k".to_owned(), role: Role::Observer, scopes: Some(ada.granted), agent: ada.to_ref(), created_at: NOW, expires_at: Some(NOW), last_used_at: None, overlap_until: None, revoked_at: None };
        let once = Key { scope: Via::Key(key.id).into(), value: "a'b".to_owned() };
        let answered = Answered { fingerprint: "f".to_owned(), status: 202, response: "{\"x\":\"é\"}".to_owned() };
        let pair = ("+1".to_owned(), "+2".to_owned());
        let (a, k, o, w, p) = (ada.clone(), key.clone(), once.clone(), answered.clone(), pair.clone());
        store.write(move |tx| Box::pin(async move {
            agent::insert_agent(&mut tx.conn, &a, Some("hash")).await?;
            key::insert_key(&mut tx.conn, &k, "abc").await?;
            idempotency::insert_answers(&mut tx.conn, &[(o, w)], NOW).await?;
            opt_out::insert_opt_outs(&mut tx.conn, &[entry(p.clone()), entry(p)]).await
        })).await.unwrap();
        let mut conn = store.read().await.unwrap();
        assert_eq!(agent::find_agent(&mut conn, ada.id).await.unwrap(), Some(ada.clone()));
        assert_eq!(agent::find_agent_called(&mut conn, "ada@example.com").await.unwrap(), Some(ada.clone()));
        assert_eq!(agent::list_agents(&mut conn, AgentId(uuid::Uuid::max()), 9).await.unwrap(), [ada]);
        assert_eq!(key::find_key_by_hash(&mut conn, "abc", NOW).await.unwrap(), Some(key.clone()));
        assert_eq!(key::list_keys(&mut conn, KeyId(uuid::Uuid::max()), 9).await.unwrap(), [key.clone()]);
        assert_eq!(idempotency::load_answers(&mut conn, std::slice::from_ref(&once)).await.unwrap()[&once], answered);
        let pairs = [pair.clone(), ("+1".to_owned(), "+3".to_owned())];
        assert_eq!(suppression::load_suppressed(&mut conn, &pairs).await.unwrap().into_iter().collect::<Vec<_>>(), std::slice::from_ref(&pair));
        drop(conn);
        store.write(move |tx| Box::pin(async move {
            opt_out::end_opt_outs(&mut tx.conn, &[(pair.clone(), entry(pair.clone()).began)]).await?;
            assert!(suppression::load_suppressed(&mut tx.conn, &[pair]).await?.is_empty());
            key::update_revoked(&mut tx.conn, key.id, NOW).await?;
            assert_eq!(key::find_key(&mut tx.conn, key.id).await?.unwrap().revoked_at, Some(NOW));
            assert_eq!(idempotency::delete_answers(&mut tx.conn, Timestamp(NOW.0 + 1), 9).await?, 1);
            Ok::<_, StoreFault>(())
        })).await.unwrap();
    }
}
