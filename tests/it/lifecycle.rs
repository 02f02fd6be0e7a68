//! Tasks are counted, asked to end, and dropped when they do not.

use std::time::Duration;

use postern::lifecycle::{Drained, Tasks};

const LONG: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn a_soft_stop_waits_for_what_is_under_way() {
    let tasks = Tasks::new();
    let (told, hears) = tokio::sync::oneshot::channel();
    let watching = tasks.clone();
    tasks.spawn("polite", async move {
        watching.stopped().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        told.send(()).unwrap();
    });
    assert_eq!(tasks.running(), 1);
    assert_eq!(tasks.stop(LONG).await, Drained::All);
    assert_eq!(hears.await, Ok(()));
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_in_time_is_dropped() {
    let tasks = Tasks::new();
    tasks.spawn("deaf", std::future::pending());
    tasks.child().spawn("deaf child", std::future::pending());
    assert_eq!(tasks.stop(LONG).await, Drained::Dropped { tasks: 2 });
    assert_eq!(tasks.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_group_stops_alone_and_with_the_one_it_is_in() {
    let (all, mut ended) = (Tasks::new(), Vec::new());
    for group in [all.child(), all.child()] {
        let watching = group.clone();
        group.spawn("member", async move { watching.stopped().await });
        ended.push(group);
    }
    assert_eq!(all.running(), 2);
    assert_eq!(ended[0].stop(LONG).await, Drained::All);
    assert!(!all.is_stopped() && !ended[1].is_stopped());
    assert_eq!(all.running(), 1);
    assert_eq!(all.stop(LONG).await, Drained::All);
    assert!(ended[1].is_stopped());
}

#[tokio::test]
async fn a_panic_ends_its_task_alone_unless_it_is_vital() {
    let tasks = Tasks::new();
    tasks.spawn("one of many", async { panic!("on purpose") });
    while tasks.running() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(!tasks.is_stopped());
    tasks
        .child()
        .spawn_vital("vital", async { panic!("on purpose") });
    tasks.stopped().await;
    assert!(tasks.has_failed());
}
