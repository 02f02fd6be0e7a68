//! How many conversations each list holds.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use crate::api::Api;
use crate::domain::conversation::Shelf;
use crate::domain::desk::View;
use crate::domain::tally::{Count, Dimension};
use crate::engine::CountLine;
use crate::http::auth::Reader;
use crate::http::problem::Problem;

/// How many conversations a list holds.
#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct Held {
    /// In all.
    total: i64,
    /// Of them, with something that nobody has read.
    unread: i64,
}

impl Held {
    fn add(&mut self, count: Count) {
        self.total += count.total;
        self.unread += count.unread;
    }
}

/// How many conversations each list holds, of those that the caller sees.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct Counts {
    /// By view.
    views: BTreeMap<&'static str, Held>,
    /// In the inbox, by the id of who has the open issue.
    assignees: BTreeMap<String, Held>,
    /// In the inbox, by the id of the team whose queue the open issue is in.
    teams: BTreeMap<String, Held>,
    /// In the inbox, by the id of the tag.
    tags: BTreeMap<String, Held>,
    /// In the inbox, by the name of the gateway that the contact last wrote to.
    gateways: BTreeMap<String, Held>,
}

/// Counts the conversations of every list.
#[utoipa::path(
    get, path = "/v1/conversations/counts", operation_id = "countConversations", tag = "conversations",
    responses((status = 200, description = "How many each list holds", body = Counts))
)]
pub(in crate::api) async fn count(
    State(api): State<Api>,
    Reader(principal): Reader,
) -> Result<Answer<Counts>, Problem> {
    let lines = api.engine.read_as(&principal).counts().await?;
    let mut counts = Counts::default();
    for view in View::ALL {
        counts.views.insert(view.as_str(), Held::default());
    }
    let me = principal.agent.id.to_string();
    for line in lines {
        counts.add(line, &me);
    }
    Ok(Answer(counts))
}

impl Counts {
    fn add(&mut self, line: CountLine, me: &str) {
        let in_inbox = View::Inbox.shelves().contains(&line.shelf);
        let by_key = match line.dimension {
            Dimension::All => return self.add_to_views(line.shelf, line.count),
            Dimension::Assignee => {
                if line.key == me && line.shelf == Shelf::Assigned {
                    self.views
                        .entry(View::Mine.as_str())
                        .or_default()
                        .add(line.count);
                }
                &mut self.assignees
            }
            Dimension::Team => &mut self.teams,
            Dimension::Tag => &mut self.tags,
            Dimension::Gateway => &mut self.gateways,
        };
        if in_inbox && line.count.total > 0 {
            by_key.entry(line.key).or_default().add(line.count);
        }
    }

    fn add_to_views(&mut self, at: Shelf, of: Count) {
        for view in View::ALL {
            let held = self.views.entry(view.as_str()).or_default();
            match view {
                View::Mine => {}
                View::Failed => held.total += of.failed,
                View::Inbox
                | View::Unassigned
                | View::Snoozed
                | View::Done
                | View::Archived
                | View::All => {
                    if view.shelves().contains(&at) {
                        held.add(of);
                    }
                }
            }
        }
    }
}
