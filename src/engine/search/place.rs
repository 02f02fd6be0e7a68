//! Where a page of what was found ended, as a cursor.

use std::fmt;
use std::str::FromStr;

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the order of time: before a number of the index.
    Time {
        /// The number.
        below: i64,
    },
    /// In the order of rank.
    Rank {
        /// What is ranked has lower numbers.
        below: i64,
        /// How many were shown.
        skip: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { below } => write!(f, "t{below}"),
            Self::Rank { below, skip } => write!(f, "r{below}.{skip}"),
        }
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| {
            text.parse()
                .ok()
                .filter(|number: &i64| *number >= 0)
                .ok_or(())
        };
        if let Some(below) = text.strip_prefix('t') {
            return Ok(Self::Time {
                below: number(below)?,
            });
        }
        let (below, skip) = text
            .strip_prefix('r')
            .and_then(|rest| rest.split_once('.'))
            .ok_or(())?;
        Ok(Self::Rank {
            below: number(below)?,
            skip: usize::try_from(number(skip)?).map_err(drop)?.min(10_000),
        })
    }
}
