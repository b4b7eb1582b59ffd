//! From flags, environment and files to a checked configuration, or to one line that names what is wrong.

use super::settings::{self, Kind, Setting};
use super::{Config, Mode};
use crate::server::networks::contract::Settings;
use crate::server::people;

use ipnet::IpNet;
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use url::Url;

const MAX_VALUE: usize = 1_000;

/// A setting that stops the start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: expected {expected}{got}")]
pub struct BadSetting {
    pub name: String,
    pub expected: String,
    /// `, not “…”`; empty for secrets and for what is missing.
    pub got: String,
}

type Lookup<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;
type ReadFile<'a> = Box<dyn Fn(&Path) -> std::io::Result<String> + 'a>;

/// Where values come from. Flags win over the environment, and that over files.
pub struct Source<'a> {
    /// The value of a flag, by its name without dashes.
    pub flag: Lookup<'a>,
    pub environment: Lookup<'a>,
    pub file: ReadFile<'a>,
}

pub fn read(mode: Mode, source: &Source<'_>) -> Result<Config, BadSetting> {
    let listen: SocketAddr = source.required(settings::LISTEN, |text| text.parse().ok())?;
    let admin_email = source.optional(settings::ADMIN_EMAIL, |text| people::email(text).ok())?;
    let admin_password = source.optional(settings::ADMIN_PASSWORD, |text| people::new_password(text.to_owned()).ok())?;
    Ok(Config {
        mode,
        listen,
        public_url: public_url(source, listen)?,
        database_url: source.required(settings::DATABASE_URL, database_url)?,
        trusted_proxies: source.optional(settings::TRUSTED_PROXIES, cidrs)?.unwrap_or_default(),
        secret_key: source.optional(settings::SECRET_KEY, key)?,
        secret_key_previous: source.optional(settings::SECRET_KEY_PREVIOUS, key)?,
        admin: match (admin_email, admin_password) {
            (Some(email), Some(password)) => Some((email, password)),
            (None, None) => None,
            (Some(_), None) => return Err(missing(settings::ADMIN_PASSWORD, "a password, since POSTBACKS_ADMIN_EMAIL is set")),
            (None, Some(_)) => return Err(missing(settings::ADMIN_EMAIL, "an email address, since POSTBACKS_ADMIN_PASSWORD is set")),
        },
        ingest_rate: source.required(settings::INGEST_RATE, |text| text.parse().ok())?,
        ingest_rate_ip: source.required(settings::INGEST_RATE_IP, |text| text.parse().ok())?,
        metrics_token: source.optional(settings::METRICS_TOKEN, line)?.map(SecretString::from),
        networks: networks(source)?,
    })
}

/// The address of the database alone, for commands that need nothing else.
pub fn read_database_url(source: &Source<'_>) -> Result<SecretString, BadSetting> {
    source.required(settings::DATABASE_URL, database_url)
}

/// Addresses of networks that are set, for the demo, which takes the others from its simulator.
pub fn read_network_addresses(source: &Source<'_>) -> Result<Vec<(&'static str, Url)>, BadSetting> {
    let addresses = settings::of_networks().filter(|setting| setting.kind == Kind::Url);
    let given = addresses.map(|setting| {
        let unset = Setting { default: None, ..setting };
        Ok(source.optional(unset, web)?.map(|url| (setting.name, url)))
    });
    given.filter_map(Result::transpose).collect()
}

impl Source<'_> {
    fn required<T>(&self, setting: Setting, parse: impl Fn(&str) -> Option<T>) -> Result<T, BadSetting> {
        self.optional(setting, parse)?.ok_or_else(|| missing(setting, setting.kind.expected()))
    }

    fn optional<T>(&self, setting: Setting, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, BadSetting> {
        let Some(text) = self.text(setting)?.or_else(|| setting.default.map(str::to_owned)) else { return Ok(None) };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(BadSetting { got: got(setting.kind, &text), ..missing(setting, setting.kind.expected()) }),
        }
    }

    /// As given, without the blanks around it; an empty one counts as unset.
    fn text(&self, setting: Setting) -> Result<Option<String>, BadSetting> {
        let flag = setting.flag().and_then(|flag| (self.flag)(&flag));
        let direct = flag.or_else(|| (self.environment)(setting.name)).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let name_of_file = format!("{}_FILE", setting.name);
        match (self.environment)(&name_of_file).filter(|path| setting.kind.from_file() && !path.is_empty()) {
            Some(path) if direct.is_none() => {
                let read = (self.file)(Path::new(&path));
                let text = read.map_err(|cause| BadSetting {
                    expected: "a file that can be read".into(),
                    got: format!(", not “{path}” ({cause})"),
                    name: name_of_file,
                })?;
                Ok(Some(text.trim().to_owned()))
            }
            _ => Ok(direct),
        }
    }
}

fn missing(setting: Setting, expected: &str) -> BadSetting {
    BadSetting { name: setting.name.to_owned(), expected: expected.to_owned(), got: String::new() }
}

/// What was given instead, unless it may be a secret.
fn got(kind: Kind, text: &str) -> String {
    if kind.from_file() { String::new() } else { format!(", not “{}”", text.chars().take(80).collect::<String>().escape_debug()) }
}

fn public_url(source: &Source<'_>, listen: SocketAddr) -> Result<Url, BadSetting> {
    match source.optional(settings::PUBLIC_URL, origin)? {
        Some(url) => Ok(url),
        None if listen.ip().is_unspecified() => {
            Err(missing(settings::PUBLIC_URL, "an address such as https://postbacks.example, since POSTBACKS_LISTEN takes every address"))
        }
        None => Ok(Url::parse(&format!("http://{listen}")).expect("an address and port make a URL")),
    }
}

fn origin(text: &str) -> Option<Url> {
    let url = web(text)?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    bare.then_some(url)
}

fn web(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn database_url(text: &str) -> Option<SecretString> {
    let path = text.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//"));
    let file = path.is_some_and(|path| !path.is_empty() && path != ":memory:" && !path.starts_with('?'));
    let server = text.starts_with("postgres://") || text.starts_with("postgresql://");
    (file || server && Url::parse(text).is_ok()).then(|| SecretString::from(text))
}

fn cidrs(text: &str) -> Option<Vec<IpNet>> {
    let net = |part: &str| part.parse::<IpNet>().ok().or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from));
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(net).collect()
}

fn key(text: &str) -> Option<SecretString> {
    super::key_bytes(text).map(|_| SecretString::from(text))
}

fn line(text: &str) -> Option<String> {
    ((1..=MAX_VALUE).contains(&text.len()) && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// `v26` or `v26.0`.
fn version(text: &str) -> Option<String> {
    let number = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v').filter(|rest| rest.splitn(2, '.').all(number)).map(|_| text.to_owned())
}

fn networks(source: &Source<'_>) -> Result<Settings, BadSetting> {
    let mut read = Settings::default();
    for setting in settings::of_networks() {
        let value = source.optional(setting, |text| match setting.kind {
            Kind::Url => web(text).map(|_| text.trim_end_matches('/').to_owned()),
            Kind::Version => version(text),
            _ => line(text),
        })?;
        match value {
            Some(value) if setting.kind.secret() => drop(read.secret.insert(setting.name, SecretString::from(value))),
            Some(value) => drop(read.plain.insert(setting.name, value)),
            None => {}
        }
    }
    Ok(read)
}
