//! A bad setting is named in one line, with what is expected and without any secret.

use super::*;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};

fn given(flags: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Config, BadSetting> {
    let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>();
    let (flags, environment) = (of(flags), of(environment));
    read(
        Mode::Serve,
        &Source {
            flag: Box::new(|name| flags.get(name).cloned()),
            environment: Box::new(|name| environment.get(name).cloned()),
            file: Box::new(|path| match path.to_str() {
                Some("/run/secrets/key") => Ok("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n".into()),
                _ => Err(Error::from(ErrorKind::NotFound)),
            }),
        },
    )
}

fn refused(environment: &[(&str, &str)]) -> String {
    let says = given(&[], environment).unwrap_err().to_string();
    assert_eq!(says.lines().count(), 1);
    says
}

#[test]
fn nothing_set_is_a_whole_configuration() {
    let config = given(&[], &[]).unwrap();
    assert_eq!(config.origin(), "http://127.0.0.1:3000");
    assert_eq!((config.ingest_rate, config.ingest_rate_ip), (5000, 100));
    assert_eq!(config.cookie_name(), "postbacks-serve-3000");
    assert!(!config.secure() && config.admin.is_none() && config.secret_key.is_none());
    assert_eq!(config.networks.plain("POSTBACKS_REDDIT_URL"), Some("https://ads-api.reddit.com"));
}

#[test]
fn a_flag_wins_over_the_environment_and_an_empty_value_counts_as_unset() {
    let config = given(&[("listen", "127.0.0.1:4000")], &[("POSTBACKS_LISTEN", "127.0.0.1:5000"), ("POSTBACKS_INGEST_RATE", "")]).unwrap();
    assert_eq!((config.listen.port(), config.ingest_rate), (4000, 5000));
}

#[test]
fn each_bad_value_is_named_in_one_line() {
    insta::assert_snapshot!(refused(&[("POSTBACKS_LISTEN", "here")]), @"POSTBACKS_LISTEN: expected an address and port such as 127.0.0.1:3000, not “here”");
    insta::assert_snapshot!(refused(&[("POSTBACKS_PUBLIC_URL", "https://a.example/x")]), @"POSTBACKS_PUBLIC_URL: expected an address such as https://postbacks.example, without a path, not “https://a.example/x”");
    insta::assert_snapshot!(refused(&[("POSTBACKS_LISTEN", "0.0.0.0:80")]), @"POSTBACKS_PUBLIC_URL: expected an address such as https://postbacks.example, since POSTBACKS_LISTEN takes every address");
    insta::assert_snapshot!(refused(&[("POSTBACKS_TRUSTED_PROXIES", "10.0.0.0/8, x")]), @"POSTBACKS_TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8, separated by commas, not “10.0.0.0/8, x”");
    insta::assert_snapshot!(refused(&[("POSTBACKS_INGEST_RATE", "-1")]), @"POSTBACKS_INGEST_RATE: expected a whole number, 0 for no limit, not “-1”");
    insta::assert_snapshot!(refused(&[("POSTBACKS_TIKTOK_URL", "ftp://x")]), @"POSTBACKS_TIKTOK_URL: expected an http or https address, not “ftp://x”");
    insta::assert_snapshot!(refused(&[("POSTBACKS_META_GRAPH_VERSION", "26")]), @"POSTBACKS_META_GRAPH_VERSION: expected an API version such as v26.0, not “26”");
    insta::assert_snapshot!(refused(&[("POSTBACKS_ADMIN_EMAIL", "a@b.example")]), @"POSTBACKS_ADMIN_PASSWORD: expected a password, since POSTBACKS_ADMIN_EMAIL is set");
}

#[test]
fn a_secret_is_never_repeated() {
    for name in ["POSTBACKS_SECRET_KEY", "POSTBACKS_ADMIN_PASSWORD", "DATABASE_URL"] {
        let says = refused(&[(name, "hunter2")]);
        assert!(says.starts_with(name) && !says.contains("hunter2"), "{says}");
    }
    assert!(!format!("{:?}", given(&[], &[("DATABASE_URL", "postgres://u:hunter2@h/n")]).unwrap()).contains("hunter2"));
}

#[test]
fn a_secret_may_stand_in_a_file() {
    assert!(given(&[], &[("POSTBACKS_SECRET_KEY_FILE", "/run/secrets/key")]).unwrap().secret_key.is_some());
    let says = refused(&[("POSTBACKS_SECRET_KEY_FILE", "/nowhere")]);
    assert!(says.starts_with("POSTBACKS_SECRET_KEY_FILE: expected a file that can be read, not “/nowhere”"), "{says}");
}

#[test]
fn only_a_file_or_a_server_is_a_database() {
    for bad in ["sqlite::memory:", "sqlite://", "mysql://x", "postgres//x"] {
        refused(&[("DATABASE_URL", bad)]);
    }
    for good in ["sqlite://data/postbacks.db", "sqlite:///var/lib/p.db", "postgres://u@h/n"] {
        assert!(given(&[], &[("DATABASE_URL", good)]).is_ok(), "{good}");
    }
}

#[test]
fn a_port_that_was_left_open_is_filled_in() {
    let config = given(&[("listen", "127.0.0.1:0")], &[]).unwrap().bound_to("127.0.0.1:4711".parse().unwrap());
    assert_eq!(config.origin(), "http://127.0.0.1:4711");
    let fixed = given(&[("listen", "127.0.0.1:0"), ("public-url", "https://p.example")], &[]).unwrap();
    assert_eq!(fixed.bound_to("127.0.0.1:4711".parse().unwrap()).origin(), "https://p.example");
}

#[test]
fn the_readme_has_the_table_of_the_code() {
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&settings::markdown()), "put the output of `postbacks settings --markdown` into README.md");
}

#[test]
fn the_example_environment_names_every_setting() {
    let example = include_str!("../../../.env.example");
    for setting in settings::all() {
        assert!(example.contains(&format!("\n#{}=", setting.name)), "{}", setting.name);
    }
}
