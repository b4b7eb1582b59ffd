//! Time zones from the IANA rules that come with the program.

use crate::model::game::Game;
use crate::model::game_settings::MAX_ZONE;
use crate::model::zone::Zone;
use crate::model::{DAY, Millis};
use jiff::Timestamp;
use jiff::tz::{self, TimeZone};

/// Nothing that is shown is older: 1 January 2020.
const FROM: Millis = 1_577_836_800_000;
/// What is shown lies at most this far ahead: retries, tokens that end.
const AHEAD: Millis = 3 * 366 * DAY;

/// Where the clocks of a zone stand; of a name that the rules do not know any more, UTC's.
pub fn of(name: &str) -> Zone {
    let Some(rules) = named(name) else { return Zone::utc() };
    let from = Timestamp::from_millisecond(FROM).unwrap_or_default();
    let until = Timestamp::from_millisecond(super::now() + AHEAD).unwrap_or(Timestamp::MAX);
    let offset = |seconds: i32| Millis::from(seconds) * 1_000;
    let mut spans = vec![(Millis::MIN, offset(rules.to_offset(from).seconds()))];
    let changes = rules.following(from).take_while(|change| change.timestamp() <= until);
    spans.extend(changes.map(|change| (change.timestamp().as_millisecond(), offset(change.offset().seconds()))));
    Zone { name: rules.iana_name().unwrap_or(name).to_owned(), spans }
}

/// Since when the last so many days of a game are: today, and those before it whole.
pub fn days_back(game: &Game, now: Millis, days: i64) -> Millis {
    of(&game.time_zone).days_back(now, days)
}

/// The rules of a zone, however its name is written.
pub fn named(typed: &str) -> Option<TimeZone> {
    let rules = Some(typed).filter(|typed| !typed.is_empty() && typed.len() <= MAX_ZONE).and_then(|typed| TimeZone::get(typed).ok())?;
    rules.iana_name().is_some().then_some(rules)
}

/// The zones to choose from.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = tz::db().available().map(|name| name.as_str().to_owned()).filter(|name| is_of_a_place(name)).collect();
    names.sort();
    names.dedup();
    names
}

/// Old names, abbreviations and files that are no zones are left out of the list; who types one of them gets it.
fn is_of_a_place(name: &str) -> bool {
    name == "UTC" || name.split_once('/').is_some_and(|(area, _)| AREAS.contains(&area))
}

const AREAS: &[&str] = &["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name_however_it_is_written() {
        let name = |typed: &str| named(typed).and_then(|rules| rules.iana_name().map(str::to_owned));
        assert_eq!(name("Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("UTC").as_deref(), Some("UTC"));
        for nowhere in ["", "Berlin", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "CEST+9", "a\0b"] {
            assert_eq!(name(nowhere), None, "{nowhere:?}");
            assert_eq!(of(nowhere), Zone::utc());
        }
    }

    #[test]
    fn the_list_is_of_places() {
        let zones = names();
        assert!(zones.len() > 300, "{}", zones.len());
        assert!(zones.contains(&"UTC".to_owned()) && zones.contains(&"Asia/Tokyo".to_owned()));
        assert!(zones.iter().all(|name| named(name).is_some()));
    }
}
