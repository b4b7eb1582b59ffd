//! PURE: what members see of a player: when, what and what became of it, with every id and all that tells a person as dots.

use crate::model::player::{ClickRow, Identity, MessageRow, PlayerPage, Trace};
use crate::model::story::{Loser, Seen, Story};
use crate::model::trace::Gate;
use crate::server::masking::{DOTS, Masked};
use uuid::Uuid;

/// How a player is named whose ids are not shown: by the end of our own id.
pub fn short(player: Uuid) -> String {
    let id = player.simple().to_string();
    format!("Player {}", &id[id.len() - 6..])
}

fn dots() -> String {
    DOTS.to_owned()
}

impl Masked for PlayerPage {
    fn masked(self) -> Self {
        Self {
            label: short(self.id),
            contact: self.contact.into_iter().map(|(kind, _)| (kind, dots())).collect(),
            identities: self.identities.masked(),
            trace: self.trace.masked(),
            clicks: crate::model::integration::Page { rows: self.clicks.rows.masked(), ..self.clicks },
            messages: crate::model::integration::Page { rows: self.messages.rows.masked(), ..self.messages },
            ..self
        }
    }
}

impl Masked for Identity {
    fn masked(self) -> Self {
        Self { value: dots(), ..self }
    }
}

impl Masked for ClickRow {
    fn masked(self) -> Self {
        Self { click_id: dots(), landing_page: self.landing_page.map(|_| dots()), ..self }
    }
}

impl Masked for MessageRow {
    fn masked(self) -> Self {
        Self { body: None, ..self }
    }
}

impl Masked for Trace {
    fn masked(self) -> Self {
        Self { gates: self.gates.masked(), story: self.story.masked(), attempts: self.attempts.masked(), ..self }
    }
}

/// A network may repeat in its words what it was told.
impl Masked for Gate {
    fn masked(self) -> Self {
        Self { says: self.says.masked(), ..self }
    }
}

impl Masked for Story {
    fn masked(self) -> Self {
        let loser = |one: Loser| Loser { click: one.click.masked(), ..one };
        Self { winner: self.winner.masked(), lost: self.lost.into_iter().map(loser).collect(), ..self }
    }
}

impl Masked for Seen {
    fn masked(self) -> Self {
        Self { id: dots(), ..self }
    }
}
