//! Every limit of the server, its unit in its name, and how the environment sets it.
//!
//! It reads no environment itself: `config.rs` hands it a way to look a name up. Nothing here is enforced; the place that
//! enforces a limit names it.

/// The bounds within which a request must stay. `Default` is what the design promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute that one client may send; 0 is no limit.
    pub rate_per_minute: u32,
    /// Requests a minute that one network address may send to `/oauth/token`; 0 is no limit. Each costs a password hash.
    pub token_rate_per_minute: u32,
    /// Clients or addresses that a rate limiter tells apart; when there are more, they share one allowance.
    pub rate_keys_max: usize,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// Seconds until the body must be there.
    pub body_seconds_max: u64,
    /// Seconds until a request's line and headers must be there.
    pub head_seconds_max: u64,
    /// Seconds that an idle connection is kept.
    pub idle_seconds_max: u64,
    /// Connections open at once, each worker.
    pub connections_max: usize,
    /// Seconds that execution may take.
    pub execution_seconds_max: u64,
    /// Seconds that a readiness check may take.
    pub ready_seconds_max: u64,
    /// Seconds that a stopping server waits for requests under way.
    pub shutdown_seconds_max: u64,
    /// Bytes of a token.
    pub token_bytes_max: usize,
    /// How deep `{`, `(` and `[` may nest in a document, and `{` and `[` in its variables.
    pub nesting_max: usize,
    /// Tokens of a document.
    pub tokens_max: usize,
    /// Values in the JSON of a request, lists and objects included; most of them are its variables'.
    pub variable_values_max: usize,
    /// Directives of a document.
    pub directives_max: usize,
    /// Selections of a document, its fragments expanded.
    pub selections_max: usize,
    /// Aliases of a document, its fragments expanded.
    pub aliases_max: usize,
    /// Fields above one another in a document, its fragments expanded.
    pub depth_max: usize,
    /// Cost of an operation, as `guard::cost` counts it.
    pub cost_max: u64,
    /// Bytes of all answers that are kept; 0 keeps none.
    pub kept_answer_bytes_max: usize,
    /// Bytes of all documents that are kept, parsed; 0 keeps none.
    pub kept_document_bytes_max: usize,
    /// Entries of a page where `first` and `last` are left out.
    pub page_default: usize,
    /// Entries of a page.
    pub page_max: usize,
    /// Ids that `nodes` takes.
    pub ids_max: usize,
    /// People below which a count of them is withheld; never below 3.
    pub small_cell_people_min: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate_per_minute: 600,
            token_rate_per_minute: 60,
            rate_keys_max: 20_000,
            body_bytes_max: 256 * 1024,
            body_seconds_max: 10,
            head_seconds_max: 5,
            idle_seconds_max: 75,
            connections_max: 5_000,
            execution_seconds_max: 5,
            ready_seconds_max: 2,
            shutdown_seconds_max: 10,
            token_bytes_max: 8 * 1024,
            nesting_max: 24,
            tokens_max: 2_000,
            variable_values_max: 5_000,
            directives_max: 20,
            selections_max: 500,
            aliases_max: 30,
            depth_max: 15,
            cost_max: 10_000,
            kept_answer_bytes_max: 16 * 1024 * 1024,
            kept_document_bytes_max: 8 * 1024 * 1024,
            page_default: 20,
            page_max: 100,
            ids_max: 100,
            small_cell_people_min: 5,
        }
    }
}

/// What a limit is called in the environment, the values it may take, and where it goes.
struct Setting {
    name: &'static str,
    least: u64,
    most: u64,
    set: fn(&mut Limits, u64),
}

/// A setting whose field has another width than `u64`; the range has been checked before, so the conversion cannot fail.
macro_rules! setting {
    ($name:literal, $field:ident, $least:expr, $most:expr) => {
        Setting {
            name: $name,
            least: $least,
            most: $most,
            set: |limits, value| limits.$field = value.try_into().unwrap_or(limits.$field),
        }
    };
}

/// One line a limit. Nesting has an upper end that no setting passes, since the parser's stack does not grow with it.
const SETTINGS: &[Setting] = &[
    setting!("AMBITO_RATE_PER_MINUTE", rate_per_minute, 0, 10_000_000),
    setting!("AMBITO_TOKEN_RATE_PER_MINUTE", token_rate_per_minute, 0, 10_000_000),
    setting!("AMBITO_RATE_KEYS_MAX", rate_keys_max, 1, 10_000_000),
    setting!("AMBITO_BODY_BYTES_MAX", body_bytes_max, 1_024, 64 * 1_024 * 1_024),
    setting!("AMBITO_BODY_SECONDS_MAX", body_seconds_max, 1, 600),
    setting!("AMBITO_HEAD_SECONDS_MAX", head_seconds_max, 1, 600),
    setting!("AMBITO_IDLE_SECONDS_MAX", idle_seconds_max, 1, 3_600),
    setting!("AMBITO_CONNECTIONS_MAX", connections_max, 1, 1_000_000),
    setting!("AMBITO_EXECUTION_SECONDS_MAX", execution_seconds_max, 1, 600),
    setting!("AMBITO_READY_SECONDS_MAX", ready_seconds_max, 1, 60),
    setting!("AMBITO_SHUTDOWN_SECONDS_MAX", shutdown_seconds_max, 0, 600),
    setting!("AMBITO_TOKEN_BYTES_MAX", token_bytes_max, 256, 8_192),
    setting!("AMBITO_NESTING_MAX", nesting_max, 4, 48),
    setting!("AMBITO_TOKENS_MAX", tokens_max, 10, 100_000),
    setting!("AMBITO_VARIABLE_VALUES_MAX", variable_values_max, 10, 1_000_000),
    setting!("AMBITO_DIRECTIVES_MAX", directives_max, 0, 1_000),
    setting!("AMBITO_SELECTIONS_MAX", selections_max, 1, 100_000),
    setting!("AMBITO_ALIASES_MAX", aliases_max, 0, 10_000),
    setting!("AMBITO_DEPTH_MAX", depth_max, 1, 30),
    setting!("AMBITO_COST_MAX", cost_max, 1, 1_000_000_000),
    setting!("AMBITO_KEPT_ANSWER_BYTES_MAX", kept_answer_bytes_max, 0, 64 * 1_024 * 1_024 * 1_024),
    setting!("AMBITO_KEPT_DOCUMENT_BYTES_MAX", kept_document_bytes_max, 0, 64 * 1_024 * 1_024 * 1_024),
    setting!("AMBITO_PAGE_DEFAULT", page_default, 1, 1_000),
    setting!("AMBITO_PAGE_MAX", page_max, 1, 1_000),
    setting!("AMBITO_IDS_MAX", ids_max, 1, 1_000),
    setting!("AMBITO_SMALL_CELL_PEOPLE_MIN", small_cell_people_min, 3, 1_000),
];

impl Limits {
    /// The defaults, overwritten by what `look_up` knows. Every wrong value is reported by its name and the reason, not only the first.
    pub fn from_environment(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut limits = Self::default();
        let mut problems = Vec::new();
        for setting in SETTINGS {
            let Some(text) = look_up(setting.name) else { continue };
            let Setting { name, least, most, set } = setting;
            match text.trim().parse::<u64>() {
                Ok(value) if (*least..=*most).contains(&value) => set(&mut limits, value),
                Ok(value) => problems.push(format!("{name}: {value} is outside {least} to {most}")),
                Err(_) => problems.push(format!("{name}: a whole number from {least} to {most} is needed")),
            }
        }
        if limits.page_default > limits.page_max {
            problems.push(format!(
                "AMBITO_PAGE_DEFAULT: {} is above AMBITO_PAGE_MAX, {}",
                limits.page_default, limits.page_max
            ));
        }
        if problems.is_empty() { Ok(limits) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)]) -> Result<Limits, Vec<String>> {
        Limits::from_environment(&|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_the_default() {
        assert_eq!(check(&[]), Ok(Limits::default()));
    }

    #[test]
    fn every_setting_reaches_its_field() {
        for setting in SETTINGS {
            let low = matches!(setting.name, "AMBITO_PAGE_DEFAULT" | "AMBITO_TOKEN_BYTES_MAX");
            let value = if low { setting.least } else { setting.most };
            let text = value.to_string();
            let limits = check(&[(setting.name, &text)]).unwrap();
            let mut expect = Limits::default();
            (setting.set)(&mut expect, value);
            assert_eq!(limits, expect, "{}", setting.name);
            assert_ne!(limits, Limits::default(), "{} changes nothing", setting.name);
        }
    }

    #[test]
    fn wrong_values_are_all_reported() {
        let cases = [
            ("AMBITO_COST_MAX", "0", "AMBITO_COST_MAX: 0 is outside 1 to 1000000000"),
            ("AMBITO_COST_MAX", "-1", "AMBITO_COST_MAX: a whole number from 1 to 1000000000 is needed"),
            ("AMBITO_RATE_PER_MINUTE", "many", "AMBITO_RATE_PER_MINUTE: a whole number from 0 to 10000000 is needed"),
            ("AMBITO_NESTING_MAX", "1500", "AMBITO_NESTING_MAX: 1500 is outside 4 to 48"),
            ("AMBITO_PAGE_DEFAULT", "101", "AMBITO_PAGE_DEFAULT: 101 is above AMBITO_PAGE_MAX, 100"),
        ];
        for (name, value, expect) in cases {
            assert_eq!(check(&[(name, value)]), Err(vec![expect.to_owned()]));
        }
        let both = check(&[("AMBITO_COST_MAX", "x"), ("AMBITO_TOKENS_MAX", "y")]).unwrap_err();
        assert_eq!(both.len(), 2);
    }
}
