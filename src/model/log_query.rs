//! The log's address: `?range=24h&status=failed&older=…`. What is not a filter falls back to the default, and the page says so.

use super::filter::{Cursor, LogFilter, Position, Range};
use serde::{Deserialize, Serialize};

/// The query of a log's address, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    #[serde(default)]
    pub range: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub older: Option<String>,
    #[serde(default)]
    pub newer: Option<String>,
}

/// What a query means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    pub filter: LogFilter,
    pub position: Position,
    /// Something in the query is none of ours.
    pub unknown: bool,
}

impl LogQuery {
    pub fn meaning(&self) -> Meaning {
        let mut unknown = false;
        let range = read(self.range.as_deref(), &mut unknown).unwrap_or(Range::Day);
        let status = read(self.status.as_deref().filter(|status| *status != "all"), &mut unknown);
        let older: Option<Cursor> = read(self.older.as_deref(), &mut unknown);
        let newer: Option<Cursor> = read(self.newer.as_deref(), &mut unknown);
        let position = match (older, newer) {
            (Some(cursor), _) => Position::OlderThan(cursor),
            (None, Some(cursor)) => Position::NewerThan(cursor),
            (None, None) => Position::Newest,
        };
        Meaning { filter: LogFilter { range, status }, position, unknown }
    }
}

fn read<T: std::str::FromStr>(text: Option<&str>, unknown: &mut bool) -> Option<T> {
    let text = text.filter(|text| !text.is_empty())?;
    let value = text.parse().ok();
    *unknown |= value.is_none();
    value
}

impl LogFilter {
    /// The query that asks for this filter; the default one is empty.
    pub fn query(&self) -> String {
        let mut parts = Vec::new();
        if self.range != Range::Day {
            parts.push(format!("range={}", self.range));
        }
        if let Some(status) = self.status {
            parts.push(format!("status={status}"));
        }
        parts.join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attempt::AttemptStatus;

    fn query(range: &str, status: &str, older: &str) -> LogQuery {
        LogQuery { range: Some(range.into()), status: Some(status.into()), older: Some(older.into()), newer: None }
    }

    #[test]
    fn a_query_is_read_and_written_back() {
        let meaning = query("7d", "failed", "").meaning();
        assert_eq!(meaning.filter, LogFilter { range: Range::Week, status: Some(AttemptStatus::Failed) });
        assert_eq!(meaning.filter.query(), "range=7d&status=failed");
        assert!(!meaning.unknown);
        assert_eq!(LogQuery::default().meaning().filter.query(), "");
    }

    #[test]
    fn a_cursor_survives_the_address() {
        let cursor = Cursor { time: 1_795_000_000_000, id: uuid::Uuid::from_u128(7) };
        assert_eq!(query("", "", &cursor.to_string()).meaning().position, Position::OlderThan(cursor));
    }

    #[test]
    fn what_is_not_a_filter_is_the_default_and_is_told() {
        for (range, status, older) in [("2h", "", ""), ("", "lost", ""), ("", "", "yesterday"), ("<script>", "all", "")] {
            let meaning = query(range, status, older).meaning();
            assert!(meaning.unknown, "{range} {status} {older}");
            assert_eq!((meaning.filter, meaning.position), (LogFilter::default(), Position::Newest));
        }
    }
}
