//! Messages as a test says them: `page().of("web-1").url("?ttclid=T1").at(2 * HOUR)`.

use crate::model::conversion::{Consent, Surface};
use crate::model::{MINUTE, Millis, SECOND};
use crate::server::decide::facts::{IdentityType, Message, MessageKind, UserRef};
use serde_json::{Map, Value};
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// When tests begin: 2026-09-21. Times of messages are counted from here.
pub const START: Millis = 1_789_948_800_000;
pub const GAME: Uuid = Uuid::from_u128(0xabc);

#[derive(Clone)]
pub struct Say {
    pub message: Message,
    /// When it is received, from the start; the event's time unless it comes late.
    pub received: Option<Millis>,
}

impl Deref for Say {
    type Target = Message;
    fn deref(&self) -> &Message {
        &self.message
    }
}

/// One line, for a failing property.
impl fmt::Debug for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Message { kind, anonymous_id, device_id, alias, event_name, event_time, consent, properties, context, traits, .. } =
            &self.message;
        write!(f, "{kind} {} at {} min", event_name.as_deref().unwrap_or_default(), (event_time - START) / MINUTE)?;
        let user = |user: &UserRef| format!("{}:{}", user.kind.map_or("?", IdentityType::word), user.id);
        let ids = [anonymous_id.clone(), device_id.clone(), self.message.user.as_ref().map(user)];
        let ids: Vec<String> = ids.into_iter().flatten().chain(alias.iter().flat_map(|(from, to)| [user(from), user(to)])).collect();
        write!(f, " of {} {consent} {properties:?} {:?} {traits:?}", ids.join(" "), context.get("pageUrl"))
    }
}

pub fn page() -> Say {
    say(MessageKind::Page).surface(Surface::Pixel)
}

pub fn track(event: &str) -> Say {
    let mut said = say(MessageKind::Track).surface(Surface::Unity);
    said.message.event_name = Some(event.to_owned());
    said
}

pub fn purchase() -> Say {
    track("purchase").with("value", "9.99").with("currency", "USD")
}

pub fn identify(kind: &str, user: &str) -> Say {
    say(MessageKind::Identify).user(kind, user)
}

pub fn alias(from: (&str, &str), to: (&str, &str)) -> Say {
    let mut said = say(MessageKind::Alias);
    said.message.alias = Some((user(Some(from.0), from.1), user(Some(to.0), to.1)));
    said.message.consent = Consent::Full;
    said
}

fn say(kind: MessageKind) -> Say {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let message = Message {
        id: Uuid::nil(),
        game_id: GAME,
        message_id: Uuid::new_v5(&GAME, &number.to_be_bytes()),
        kind,
        event_time: START,
        original_time: START,
        received_at: START,
        anonymous_id: None,
        device_id: None,
        session_id: None,
        user: None,
        alias: None,
        event_name: None,
        surface: None,
        consent: Consent::Anonymous,
        test: false,
        ip: Some("203.0.113.7".into()),
        user_agent: Some("Firefox".into()),
        properties: Map::new(),
        context: Map::new(),
        traits: Map::new(),
    };
    Say { message, received: None }
}

fn user(kind: Option<&str>, id: &str) -> UserRef {
    UserRef { kind: kind.map(|kind| IdentityType::from_word(kind).unwrap()), id: id.to_owned() }
}

impl Say {
    /// By its anonymousId.
    pub fn of(mut self, anonymous: &str) -> Self {
        self.message.anonymous_id = Some(anonymous.to_owned());
        self
    }

    pub fn device(mut self, device: &str) -> Self {
        self.message.device_id = Some(device.to_owned());
        self
    }

    /// By a userId with its type; such messages are at full consent.
    pub fn user(mut self, kind: &str, id: &str) -> Self {
        self.message.user = Some(user(Some(kind), id));
        self.message.consent = Consent::Full;
        self
    }

    pub fn untyped(mut self, id: &str) -> Self {
        self.message.user = Some(user(None, id));
        self.message.consent = Consent::Full;
        self
    }

    pub fn consent(mut self, consent: Consent) -> Self {
        self.message.consent = consent;
        self
    }

    pub fn surface(mut self, surface: Surface) -> Self {
        self.message.surface = Some(surface);
        self
    }

    pub fn test(mut self) -> Self {
        self.message.test = true;
        self
    }

    pub fn ip(mut self, ip: &str) -> Self {
        self.message.ip = Some(ip.to_owned());
        self
    }

    pub fn with(mut self, property: &str, value: impl Into<Value>) -> Self {
        self.message.properties.insert(property.to_owned(), value.into());
        self
    }

    pub fn properties(mut self, json: &str) -> Self {
        self.message.properties.append(&mut serde_json::from_str(json).unwrap());
        self
    }

    pub fn trait_of(mut self, name: &str, value: &str) -> Self {
        self.message.traits.insert(name.to_owned(), value.into());
        self
    }

    /// On the page with this query: `?ttclid=T1`.
    pub fn url(mut self, query: &str) -> Self {
        self.message.context.insert("pageUrl".into(), format!("https://emberfall.example/{query}").into());
        self
    }

    pub fn id(mut self, message_id: Uuid) -> Self {
        self.message.message_id = message_id;
        self
    }

    /// The time of the event.
    pub fn at(mut self, time: Millis) -> Self {
        self.message.event_time = START + time;
        self.message.original_time = START + time;
        self
    }

    /// The time of receipt, where it is later.
    pub fn received(mut self, time: Millis) -> Self {
        self.received = Some(time);
        self
    }

    /// The message as it reaches `decide`, with an id of ours in the order of arrival.
    pub fn arrive(self, number: u64) -> Message {
        let received_at = self.received.map_or(self.message.event_time, |received| START + received);
        assert!(received_at + SECOND > self.message.event_time, "an event is not received before it happens");
        Message { id: Uuid::new_v5(&Uuid::nil(), &number.to_be_bytes()), received_at, ..self.message }
    }
}
