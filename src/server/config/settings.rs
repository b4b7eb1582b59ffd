//! Every setting, declared once: the reading, the flags, the one-line errors and the README's table are made from here.

use crate::server::networks;
use crate::server::networks::contract::SettingKind;

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Database,
    Address,
    /// `https://host[:port]`, nothing behind it.
    Origin,
    Cidrs,
    Key,
    Email,
    Password,
    /// A whole number a second; 0 is no limit.
    Rate,
    Secret,
    Text,
    /// Of an API: `v26.0`.
    Version,
    Url,
}

impl Kind {
    /// Kept out of flags (other users of the machine see those) and out of error messages; may stand in a file.
    pub const fn secret(self) -> bool {
        matches!(self, Self::Key | Self::Password | Self::Secret)
    }

    /// Read from the file that `<NAME>_FILE` names. A database's address carries a password.
    pub const fn from_file(self) -> bool {
        self.secret() || matches!(self, Self::Database)
    }

    /// Behind “expected”.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Database => "sqlite://PATH or postgres://USER@HOST/NAME",
            Self::Address => "an address and port such as 127.0.0.1:3000",
            Self::Origin => "an address such as https://postbacks.example, without a path",
            Self::Cidrs => "addresses or networks such as 10.0.0.0/8, separated by commas",
            Self::Key => "32 bytes as base64 (openssl rand -base64 32)",
            Self::Email => "an email address",
            Self::Password => "12 to 200 characters",
            Self::Rate => "a whole number, 0 for no limit",
            Self::Secret | Self::Text => "1 to 1,000 characters in one line",
            Self::Version => "an API version such as v26.0",
            Self::Url => "an http or https address",
        }
    }
}

/// One setting: a variable of the environment and, where it is no secret, a flag.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    pub default: Option<&'static str>,
    /// The default in words, where it is made from something else.
    pub default_in_words: Option<&'static str>,
    pub says: &'static str,
}

impl Setting {
    /// `--tiktok-url` for `POSTBACKS_TIKTOK_URL`; None for secrets.
    pub fn flag(&self) -> Option<String> {
        let short = self.name.strip_prefix("POSTBACKS_").unwrap_or(self.name);
        (!self.kind.secret()).then(|| short.to_lowercase().replace('_', "-"))
    }
}

const fn setting(name: &'static str, kind: Kind, default: Option<&'static str>, says: &'static str) -> Setting {
    Setting { name, kind, default, default_in_words: None, says }
}

const fn worded(name: &'static str, kind: Kind, words: &'static str, says: &'static str) -> Setting {
    Setting { name, kind, default: None, default_in_words: Some(words), says }
}

pub const DATABASE_URL: Setting = setting(
    "DATABASE_URL",
    Kind::Database,
    Some("sqlite://data/postbacks.db"),
    "The database: one SQLite file, or PostgreSQL, where any number of `serve` processes share the work.",
);
pub const LISTEN: Setting = setting("POSTBACKS_LISTEN", Kind::Address, Some("127.0.0.1:3000"), "Address and port to listen on.");
pub const PUBLIC_URL: Setting = worded(
    "POSTBACKS_PUBLIC_URL",
    Kind::Origin,
    "`http://` + LISTEN",
    "Where people and networks reach Postbacks: OAuth redirects, the pixel's snippet and the check of writes use it; with https, cookies are Secure.",
);
pub const TRUSTED_PROXIES: Setting =
    worded("POSTBACKS_TRUSTED_PROXIES", Kind::Cidrs, "none", "Reverse proxies whose `X-Forwarded-For` is believed, separated by commas.");
pub const SECRET_KEY: Setting = worded(
    "POSTBACKS_SECRET_KEY",
    Kind::Key,
    "SQLite: made once beside the file; PostgreSQL: required",
    "Seals tokens and secret keys in the database. 32 bytes, base64.",
);
pub const SECRET_KEY_PREVIOUS: Setting = worded(
    "POSTBACKS_SECRET_KEY_PREVIOUS",
    Kind::Key,
    "unset",
    "The key before: what it sealed is sealed anew at the start, after which it can be unset.",
);
pub const ADMIN_EMAIL: Setting =
    worded("POSTBACKS_ADMIN_EMAIL", Kind::Email, "unset", "With the password: the first owner is made from them instead of by `/setup`.");
pub const ADMIN_PASSWORD: Setting = worded("POSTBACKS_ADMIN_PASSWORD", Kind::Password, "unset", "The first owner's password.");
pub const INGEST_RATE: Setting =
    setting("POSTBACKS_INGEST_RATE", Kind::Rate, Some("5000"), "Requests a second that one API key may make; 0 for no limit.");
pub const INGEST_RATE_IP: Setting =
    setting("POSTBACKS_INGEST_RATE_IP", Kind::Rate, Some("100"), "Requests a second that one IP address may make; 0 for no limit.");
pub const METRICS_TOKEN: Setting =
    worded("POSTBACKS_METRICS_TOKEN", Kind::Secret, "unset", "Bearer token of `/metrics`; unset, `/metrics` does not exist.");

const OURS: [Setting; 11] = [
    DATABASE_URL,
    LISTEN,
    PUBLIC_URL,
    TRUSTED_PROXIES,
    SECRET_KEY,
    SECRET_KEY_PREVIOUS,
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    INGEST_RATE,
    INGEST_RATE_IP,
    METRICS_TOKEN,
];

/// Ours, then each network's own.
pub fn all() -> impl Iterator<Item = Setting> {
    OURS.into_iter().chain(of_networks())
}

pub fn of_networks() -> impl Iterator<Item = Setting> {
    networks::specs().flat_map(|spec| spec.settings).map(|of_network| Setting {
        name: of_network.env,
        kind: match of_network.kind {
            SettingKind::Url => Kind::Url,
            SettingKind::Text => Kind::Text,
            SettingKind::Version => Kind::Version,
            SettingKind::Secret => Kind::Secret,
        },
        default: of_network.default,
        default_in_words: if of_network.default.is_none() { Some("unset") } else { None },
        says: of_network.says,
    })
}

/// The table of the README.
pub fn markdown() -> String {
    let rows = all().map(|setting| {
        let default =
            setting.default.map_or_else(|| setting.default_in_words.unwrap_or("unset").to_owned(), |default| format!("`{default}`"));
        let secret = if setting.kind.secret() { " Secret." } else { "" };
        format!("| `{}` | {default} | {}{secret} |\n", setting.name, setting.says)
    });
    format!("| name | default | what it is |\n| --- | --- | --- |\n{}", rows.collect::<String>())
}

/// A line a setting, for the terminal.
pub fn plain() -> String {
    let line = |setting: Setting| {
        let default = setting.default.or(setting.default_in_words).unwrap_or("unset");
        let flag = setting.flag().map_or_else(|| format!("{}_FILE", setting.name), |flag| format!("--{flag}"));
        format!("{} ({flag}), default {default}\n    {}\n", setting.name, setting.says)
    };
    all().map(line).collect()
}
