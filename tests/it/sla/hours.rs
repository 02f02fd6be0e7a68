//! Working hours against a reference that walks minute by minute, and promises against each other.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Instant};
use postern::domain::clock::Timestamp;
use postern::domain::gateway::ChannelKind;
use postern::domain::id::{ConversationId, IssueId};
use postern::domain::sla::calendar::{Calendar, Hours, Office};
use postern::domain::sla::{Fate, Happening, Policy, State, Target, Timer, Told};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// Whether the clock on the wall shows an open minute.
fn is_open(office: &Office, at: Timestamp) -> bool {
    let wall = Instant::from_microsecond(at.0)
        .unwrap()
        .to_zoned(office.zone.clone());
    let (day, now) = (wall.date(), wall.time());
    let hours = &office.week[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()];
    !office.holidays.contains(&day)
        && hours
            .iter()
            .any(|one| one.from <= now && one.to.is_none_or(|to| now < to))
}

/// Hours whose edges lie where no clock is put forward or back.
fn office() -> impl Strategy<Value = Office> {
    let edge = prop_oneof![Just(0_i8), 4..24_i8];
    let day = prop_oneof![
        1 => Just(Vec::new()),
        4 => (edge, 1..12_i8, 0..3_i8).prop_map(|(from, length, gap)| {
            let end = |hour: i8| (hour < 24).then(|| time(hour, 0, 0, 0));
            let close = (from + length.max(4)).min(24);
            let mut hours = vec![Hours { from: time(from, 0, 0, 0), to: end(close) }];
            let again = close + gap;
            if gap > 0 && again < 23 {
                hours.push(Hours { from: time(again, 30, 0, 0), to: end(again + 1) });
            }
            hours
        }),
    ];
    let zones = prop::sample::select(vec![
        "UTC",
        "America/New_York",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    ]);
    let holidays = prop::collection::btree_set(0..30_i64, 0..4);
    (zones, prop::array::uniform7(day), holidays, 0..2_usize).prop_map(
        |(zone, week, holidays, season)| {
            let first: Date = SEASONS[season].parse().unwrap();
            let day = |days| first.checked_add(Span::new().days(days)).unwrap();
            Office {
                zone: TimeZone::get(zone).unwrap(),
                week,
                holidays: holidays.into_iter().map(day).collect(),
            }
        },
    )
}

/// Days before the clocks change, in spring and in autumn.
const SEASONS: [&str; 2] = ["2026-03-01", "2026-10-20"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r090_working_time_is_what_a_walk_by_minutes_counts(
        office in office(), season in 0..2_usize, start in 0..20_000_i64, length in 0..12_000_i64
    ) {
        let first = at(&format!("{}T00:00:00Z", SEASONS[season]));
        let from = Timestamp(first.0 + start * MINUTE);
        let to = Timestamp(from.0 + length * MINUTE);
        let open = (0..length).filter(|nth| is_open(&office, Timestamp(from.0 + nth * MINUTE))).count() as u64;
        let calendar = Calendar::Office(Box::new(office.clone()));
        prop_assert_eq!(calendar.worked(from, to), minutes(open));
        prop_assert_eq!(calendar.is_open(from), is_open(&office, from));
        let due = calendar.due(from, minutes(open));
        prop_assert!(due <= to.max(from), "{} minutes are over at {}, not {}", open, to, due);
        prop_assert_eq!(calendar.worked(from, due), minutes(open));
    }

    #[test]
    fn r091_sleep_moves_the_end_by_the_working_time_slept(
        office in office(), nap in 0..3_000_i64, slept in 0..6_000_i64, season in 0..2_usize
    ) {
        let start = at(&format!("{}T12:00:00Z", SEASONS[season]));
        let policy = policy(Calendar::Office(Box::new(office)));
        let Some(mut timer) = begin(&policy, start) else { unreachable!() };
        let (asleep, awake) = (Timestamp(start.0 + nap * MINUTE), Timestamp(start.0 + (nap + slept) * MINUTE));
        let before = timer.clone();
        timer.apply(Happening::Snoozed, &policy, asleep);
        if asleep >= before.due_at {
            prop_assert_eq!(timer.state, State::Running);
            return Ok(());
        }
        prop_assert_eq!(timer.stands(&policy, awake).0, State::Paused);
        timer.apply(Happening::Woken, &policy, awake);
        let worked = policy.calendar.worked(start, asleep) + policy.calendar.worked(awake, timer.due_at);
        prop_assert_eq!(worked, minutes(240));
    }
}

fn policy(calendar: Calendar) -> Policy {
    Policy {
        name: "usual".into(),
        gateways: Vec::new(),
        tags: Vec::new(),
        contact: Vec::new(),
        targets: vec![
            (Target::FirstResponse, minutes(240)),
            (Target::Resolution, minutes(600)),
        ],
        warning: Some(minutes(30)),
        channels: vec![ChannelKind::Sms],
        calendar,
    }
}

fn begin(policy: &Policy, start: Timestamp) -> Option<Timer> {
    policy.start(
        Target::FirstResponse,
        IssueId::new(),
        ConversationId::new(),
        start,
    )
}

fn new_york() -> Calendar {
    let day = vec![Hours {
        from: time(9, 0, 0, 0),
        to: Some(time(17, 0, 0, 0)),
    }];
    let closed = Vec::new;
    Calendar::Office(Box::new(Office {
        zone: TimeZone::get("America/New_York").unwrap(),
        week: [
            day.clone(),
            day.clone(),
            day.clone(),
            day.clone(),
            day,
            closed(),
            closed(),
        ],
        holidays: BTreeSet::from(["2026-11-26".parse().unwrap()]),
    }))
}

#[test]
fn r090_hours_holidays_and_summer_time_are_those_of_the_place() {
    let calendar = new_york();
    // Wednesday 16:00; Thursday is a holiday; 4 h end on Friday at noon, in winter time.
    assert_eq!(
        calendar.due(at("2026-11-25T21:00:00Z"), minutes(240)),
        at("2026-11-27T17:00:00Z")
    );
    // Friday 16:00 in summer time to Monday 12:00, in winter time by then.
    assert_eq!(
        calendar.due(at("2026-10-30T20:00:00Z"), minutes(240)),
        at("2026-11-02T17:00:00Z")
    );
    assert!(!calendar.is_open(at("2026-11-26T17:00:00Z")));
    assert!(calendar.is_open(at("2026-11-27T14:00:00Z")));
    assert!(!calendar.is_open(at("2026-11-27T22:00:00Z")));
    assert_eq!(Time::midnight(), time(0, 0, 0, 0));
}

#[test]
fn r091_a_promise_that_was_kept_says_how_much_was_left() {
    let policy = policy(Calendar::Always);
    let start = at("2026-11-21T09:00:00Z");
    let mut timer = begin(&policy, start).unwrap();
    assert_eq!(timer.next_at, Some(start.plus(minutes(210))));
    let mail = timer.apply(
        Happening::Answered(ChannelKind::Email),
        &policy,
        start.plus(minutes(5)),
    );
    assert_eq!(
        (mail, timer.state),
        (Fate::Stands(None), State::Running),
        "its channel does not count"
    );
    let met = timer.apply(
        Happening::Answered(ChannelKind::Sms),
        &policy,
        start.plus(minutes(15)),
    );
    assert_eq!(met, Fate::Stands(Some(Told::Met)));
    assert_eq!(
        timer.stands(&policy, start.plus(minutes(900))),
        (State::Met, minutes(225))
    );
    assert_eq!(timer.tick(start.plus(minutes(900))), None);
    let again = timer.apply(
        Happening::Answered(ChannelKind::Sms),
        &policy,
        start.plus(minutes(20)),
    );
    assert_eq!(again, Fate::Stands(None), "it is met once");
}

#[test]
fn r090_a_warning_and_a_breach_are_told_once_each() {
    let policy = policy(Calendar::Always);
    let start = at("2026-11-21T09:00:00Z");
    let mut timer = begin(&policy, start).unwrap();
    assert_eq!(timer.tick(start.plus(minutes(209))), None);
    assert_eq!(timer.tick(start.plus(minutes(215))), Some(Told::Warned));
    assert_eq!(timer.tick(start.plus(minutes(239))), None);
    assert_eq!(timer.tick(start.plus(minutes(241))), Some(Told::Breached));
    assert_eq!(timer.tick(start.plus(minutes(999))), None);
    let late = timer.apply(
        Happening::Answered(ChannelKind::Sms),
        &policy,
        start.plus(minutes(300)),
    );
    assert_eq!((late, timer.state), (Fate::Stands(None), State::Breached));
    // Who hears of an answer late still knows that it came in time.
    let mut timer = begin(&policy, start).unwrap();
    timer.tick(start.plus(minutes(215)));
    let met = timer.apply(
        Happening::Answered(ChannelKind::Sms),
        &policy,
        start.plus(minutes(230)),
    );
    assert_eq!(
        (met, timer.remaining),
        (Fate::Stands(Some(Told::Met)), minutes(10))
    );
}

#[test]
fn r091_closing_keeps_the_resolution_and_reopening_goes_on_with_what_was_left() {
    let policy = policy(Calendar::Always);
    let start = at("2026-11-21T09:00:00Z");
    let mut first = begin(&policy, start).unwrap();
    let (issue, conversation) = (first.issue, first.conversation);
    let mut resolution = policy
        .start(Target::Resolution, issue, conversation, start)
        .unwrap();
    let close = start.plus(minutes(100));
    assert_eq!(
        first.apply(Happening::Closed, &policy, close),
        Fate::Forgotten
    );
    assert_eq!(
        resolution.apply(Happening::Closed, &policy, close),
        Fate::Stands(Some(Told::Met))
    );
    assert_eq!(resolution.remaining, minutes(500));
    let again = start.plus(minutes(1_000));
    resolution.apply(Happening::Reopened, &policy, again);
    assert_eq!(
        (resolution.state, resolution.due_at),
        (State::Running, again.plus(minutes(500)))
    );
    assert!(
        policy
            .start(Target::NextResponse, issue, conversation, start)
            .is_none()
    );
}
