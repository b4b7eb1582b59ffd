//! The parts that pages are made of: semantic HTML in the classes of `style/`, drawn on the server; `time`, `copy` and `again` are islands.

pub mod again;
pub mod badge;
pub mod button;
pub mod card;
pub mod code;
pub mod confirm;
pub mod copy;
pub mod empty;
pub mod field;
pub mod filter;
pub mod flash;
pub mod follow;
pub mod head;
pub mod icon;
pub mod pager;
pub mod table;
pub mod time;
pub mod timeline;

pub use again::LookAgain;
pub use badge::{Badge, Glyph, HealthLine};
pub use button::{Button, ButtonLink, Look, Switch};
pub use card::{Fact, Facts, Section, Stat, Stats};
pub use code::{Code, JsonCode};
pub use confirm::Confirm;
pub use copy::Copy;
pub use empty::{Condition, Empty};
pub use field::{Choice, SelectField, TextArea, TextField};
pub use filter::{Pick, Segments, Tabs};
pub use flash::Flash;
pub use follow::Follow;
pub use head::{Crumb, Crumbs, Head};
pub use icon::{Icon, Shape, Sprite, Tone};
pub use pager::Pager;
pub use table::Table;
pub use time::{Clock, Now, Time, clock};
pub use timeline::{Moment, Timeline};
