//! The shape of every list, and the query of those that take nothing but a page.

use std::str::FromStr;

use serde::Serialize;

use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Read};

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Page<T> {
    /// The items.
    pub data: Vec<T>,
    /// What to pass as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of what was found when one more item than fits was asked for. `cursor` names the
    /// place behind an item.
    pub(super) fn of<I>(
        mut found: Vec<I>,
        limit: u32,
        cursor: impl Fn(&I) -> String,
        show: impl FnMut(I) -> T,
    ) -> Self {
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next_cursor = found.last().filter(|_| more).map(cursor);
        Self {
            data: found.into_iter().map(show).collect(),
            next_cursor,
        }
    }
}

/// The query of a list without filters.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paged {
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    pub limit: u32,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Read for Paged {
    fn read(fields: &mut Fields) -> Option<Self> {
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self { limit, cursor })
    }
}

impl From<Paged> for PageQuery {
    fn from(Paged { limit, cursor }: Paged) -> Self {
        Self { limit, cursor }
    }
}

impl PageQuery {
    /// How many items to ask for, to see whether there is a further page.
    pub(super) fn one_more(&self) -> u32 {
        self.limit + 1
    }

    /// The place that the cursor names.
    pub(super) fn place<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let place = self.cursor.as_deref().map(str::parse).transpose();
        place.map_err(|_| {
            let detail = "is not a next_cursor of this list; start again without it";
            Problem::field("/cursor", detail)
        })
    }
}
