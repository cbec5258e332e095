//! The settings: what is read from where, and what is said of a wrong one.

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    Config::read(None, &pairs.iter().map(|(name, value)| ((*name).to_owned(), Ok((*value).to_owned()))).collect())
}

#[test]
fn nothing_set_is_enough_for_a_demonstration_and_not_for_serve() {
    let config = read(&[]).unwrap();
    assert_eq!(config.listen.to_string(), LISTEN);
    assert_eq!(config.audience, "ambito");
    assert!(config.workers >= 1);
    let problems = config.serving().unwrap_err();
    let names: Vec<&str> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
    assert_eq!(names, ["AMBITO_DATABASE_URL", "AMBITO_SIGNING_KEY_FILES", "AMBITO_ISSUER"]);
}

#[test]
fn everything_set() {
    let config = read(&[
        ("AMBITO_DATABASE_URL", "sqlite:///srv/a.sqlite"),
        ("AMBITO_LISTEN", "[::1]:9000"),
        ("AMBITO_SIGNING_KEY_FILES", "/srv/new.pem, /srv/old.pem"),
        ("AMBITO_ISSUER", "https://ambito.example"),
        ("AMBITO_AUDIENCE", "api"),
        ("AMBITO_TOKEN_SECONDS", "600"),
        ("AMBITO_ISSUERS_FILE", "/srv/issuers.toml"),
        ("AMBITO_LOG", "api=debug,info"),
        ("AMBITO_LOG_FORMAT", "json"),
        ("AMBITO_WORKERS", "3"),
        ("AMBITO_RATE_PER_MINUTE", "0"),
    ])
    .unwrap();
    let serving = config.serving().unwrap();
    assert_eq!(serving.signing_key_files, [PathBuf::from("/srv/new.pem"), PathBuf::from("/srv/old.pem")]);
    assert_eq!((serving.token_seconds, config.workers, config.limits.rate_per_minute), (600, 3, 0));
    assert_eq!((config.log_format, config.listen.port()), (LogFormat::Json, 9000));
}

#[test]
fn each_wrong_value_is_named_with_its_reason() {
    for (name, value, reason) in [
        ("AMBITO_DATABASE_URL", "mysql://h/d", "URL of a database"),
        ("AMBITO_LISTEN", "8080", "not an address and a port"),
        ("AMBITO_LISTEN", "127.0.0.1:99999", "not an address and a port"),
        ("AMBITO_SIGNING_KEY_FILES", "a,,b", "between the commas"),
        ("AMBITO_ISSUER", "two words", "none of them blank"),
        ("AMBITO_TOKEN_SECONDS", "59", "60 to 604800"),
        ("AMBITO_TOKEN_SECONDS", "1h", "60 to 604800"),
        ("AMBITO_LOG", "api=loud", "must be a level"),
        ("AMBITO_LOG", "warning", "must be a level"),
        ("AMBITO_LOG", "info,inof", "must be a level"),
        ("AMBITO_LOG_FORMAT", "xml", "json or text"),
        ("AMBITO_WORKERS", "0", "1 to 256"),
        ("AMBITO_BODY_BYTES_MAX", "much", "a whole number from 1024 to 67108864 is needed"),
        ("AMBITO_COST_MAX", "0", "0 is outside 1 to 1000000000"),
        ("AMBITO_COST_MAX", "-1", "a whole number from 1 to 1000000000 is needed"),
        ("AMBITO_NESTING_MAX", "1500", "1500 is outside 4 to 48"),
        ("AMBITO_DOCUMENTS_ONLY", "yes", "must be true or false"),
        ("AMBITO_DOCUMENTS_ONLY", "true", "without AMBITO_DOCUMENTS_FILE"),
        ("AMBITO_PAGE_DEFAULT", "101", "101 is above AMBITO_PAGE_MAX, 100"),
        ("AMBITO_DATABSE_URL", "x", "no setting of this name"),
        ("AMBITO_cost_max", "1", "no setting of this name"),
    ] {
        let problems = read(&[(name, value)]).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!("environment: {name}: ")) && problems[0].contains(reason),
            "{problems:?}"
        );
    }
}

#[test]
fn all_problems_are_told_together_and_what_is_not_ours_is_left_alone() {
    let problems =
        read(&[("AMBITO_LISTEN", "x"), ("AMBITO_WORKERS", "x"), ("AMBITO_NOTHING", "x"), ("HOME", "x")]).unwrap_err();
    assert_eq!(problems.len(), 3);
    assert!(read(&[("AMBITO_LISTEN", " "), ("PATH", "x")]).is_ok());
}

#[test]
fn this_machine_has_a_name() {
    assert_eq!(listen_address("localhost:81").unwrap().to_string(), "127.0.0.1:81");
}

/// Each setting takes the ends of its range, shows what was taken, and leaves every other as it was.
#[test]
fn every_setting_reaches_its_field() {
    let before = Config::default().listing();
    for (position, setting) in settings::all().enumerate() {
        let texts = match setting.form {
            settings::Form::Whole(least, most) => {
                let alone = !setting.name.starts_with("AMBITO_PAGE");
                if alone { vec![least.to_string(), most.to_string()] } else { vec!["7".to_owned()] }
            }
            settings::Form::Files => vec!["/srv/a.pem,/srv/b.pem".to_owned()],
            settings::Form::Text(_) if setting.name == "AMBITO_DATABASE_URL" => vec!["sqlite:///a".to_owned()],
            settings::Form::Text(_) if setting.name.ends_with("LISTEN") => vec!["[::1]:1".to_owned()],
            settings::Form::Text(_) if setting.name == "AMBITO_LOG" => vec!["api=debug".to_owned()],
            settings::Form::Text(_) if setting.name == "AMBITO_LOG_FORMAT" => vec!["json".to_owned()],
            settings::Form::Truth => vec!["true".to_owned()],
            settings::Form::Text(_) => vec!["/srv/x".to_owned()],
        };
        for text in texts {
            let mut config = Config::default();
            (setting.set)(&mut config, &text).unwrap();
            for (index, (before, after)) in before.iter().zip(config.listing()).enumerate() {
                let expect = if index == position { &text } else { &before.value };
                assert_eq!(after.value, *expect, "{} after {} was set", after.name, setting.name);
            }
        }
    }
}
