//! I23: a status is a fold over what is known, whatever the order and however often it is said.

use postern::domain::status::{Evidence, Status, fold};
use proptest::prelude::*;

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let status = prop::sample::select(vec![
        Status::Queued,
        Status::Sending,
        Status::Unconfirmed,
        Status::Sent,
        Status::Canceled,
        Status::Expired,
        Status::Failed,
        Status::Delivered,
        Status::Read,
    ]);
    (0..3_u32, 0..4_u32, status).prop_map(|(round, part, status)| Evidence {
        round,
        part,
        parts: if part == 0 { 0 } else { 3 },
        status,
    })
}

fn whole(status: Status) -> Evidence {
    Evidence {
        round: 0,
        part: 0,
        parts: 0,
        status,
    }
}

fn part(part: u32, status: Status) -> Evidence {
    Evidence {
        round: 0,
        part,
        parts: 2,
        status,
    }
}

proptest! {
    #[test]
    fn i23_order_does_not_matter(
        evidence in prop::collection::vec(any_evidence(), 0..12),
        seed in any::<u64>(),
    ) {
        let mut shuffled = evidence.clone();
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        prop_assert_eq!(fold(1, &evidence), fold(1, &shuffled));
    }

    #[test]
    fn i23_repetition_does_not_matter(
        evidence in prop::collection::vec(any_evidence(), 0..8),
        again in prop::collection::vec(0..8_usize, 0..20),
    ) {
        let mut repeated = evidence.clone();
        repeated.extend(again.into_iter().filter_map(|at| evidence.get(at).copied()));
        prop_assert_eq!(fold(1, &evidence), fold(1, &repeated));
    }

    /// More evidence about the whole message never takes a status back.
    #[test]
    fn i23_never_backwards(
        evidence in prop::collection::vec(any_evidence(), 0..8),
        status in prop::sample::select(Status::ALL.to_vec()),
    ) {
        let before = fold(0, &evidence);
        let mut more = evidence;
        more.push(whole(status));
        prop_assert!(fold(0, &more) >= before);
    }
}

#[test]
fn i23_the_strongest_evidence_wins() {
    use Status::{Delivered, Failed, Read, Sent, Unconfirmed};
    let cases: [(&[Status], Status); 5] = [
        (&[Delivered, Sent], Delivered),
        (&[Failed, Delivered], Delivered),
        (&[Read, Delivered, Failed], Read),
        (&[Unconfirmed, Sent], Sent),
        (&[Sent, Failed], Failed),
    ];
    for (statuses, expected) in cases {
        let evidence: Vec<_> = statuses.iter().copied().map(whole).collect();
        assert_eq!(fold(0, &evidence), expected, "{statuses:?}");
    }
}

#[test]
fn i23_a_failed_part_fails_the_message_and_all_must_be_delivered() {
    use Status::{Delivered, Failed, Sent};
    assert_eq!(fold(0, &[whole(Sent), part(1, Delivered)]), Sent);
    assert_eq!(
        fold(0, &[whole(Sent), part(1, Delivered), part(2, Delivered)]),
        Delivered
    );
    assert_eq!(
        fold(0, &[whole(Sent), part(1, Failed), part(2, Delivered)]),
        Failed
    );
    assert_eq!(
        fold(0, &[part(2, Delivered), part(1, Failed), whole(Sent)]),
        Failed
    );
}

#[test]
fn a_new_order_forgets_failures_but_no_delivery() {
    let first = Evidence {
        round: 0,
        part: 0,
        parts: 0,
        status: Status::Failed,
    };
    assert_eq!(fold(1, &[first]), Status::Queued);
    let late = Evidence {
        round: 0,
        part: 0,
        parts: 0,
        status: Status::Delivered,
    };
    assert_eq!(fold(1, &[first, late]), Status::Delivered);
}
