//! What a year will consume: the months so far, taken twelfths of a year, against the plan.

use api::auth::Role;
use serde_json::{Value, json};

use super::*;

/// Hours of two services in three comuni from January to a month, in whole hundredths; ADM in Manerbio ends a month before the others.
fn lines(last: i64) -> Vec<Line> {
    let mut lines = Vec::new();
    for month in 1..=last {
        for (comune, hours) in [(MANERBIO, 4_000), (PONTEVICO, 2_100), ("017078", 9_000)] {
            for case in 0..6 {
                if comune != MANERBIO || month < last {
                    lines.push(Line(
                        "ADM",
                        comune,
                        202_200 + month,
                        format!("C-{case}"),
                        "HOURS",
                        hours / 6 + month * 10,
                    ));
                }
                lines.push(Line("SAD", comune, 202_200 + month, format!("C-{case}"), "HOURS", hours));
            }
        }
    }
    lines
}

const FIELDS: &str = "service { code } measure monthsKnown consumed expected lowest highest planned price expectedAmount quota expectedOverrun";

fn forecasts(server: &Server, asker: (Role, Option<&str>), comune: &str) -> Vec<Value> {
    let query = format!("{{ comune(istatCode: \"{comune}\") {{ forecast(year: 2022) {{ {FIELDS} }} }} }}");
    list(&ask(server, asker, &query)["comune"]["forecast"]).clone()
}

/// A sixth decimal, half up, as the server writes it.
fn six(numerator: i64, denominator: i64) -> String {
    let micros = (2 * numerator * 10_000 + denominator) / (2 * denominator);
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the plan counts on in hundredths of an hour, and the comune's quota in cents; both from the demonstration's own figures.
fn plan(server: &Server, comune: &str, service: &str) -> (i64, i64) {
    let query =
        format!("{{ comune(istatCode: \"{comune}\") {{ quotas(year: 2022) {{ service {{ code }} amount }} }} }}");
    let data = ask(server, AZIENDA, &query);
    let quota =
        list(&data["comune"]["quotas"]).iter().find(|quota| quota["service"]["code"] == service).unwrap().clone();
    let at = if service == "SAD" { 0 } else { 2 };
    let hours = COMUNI.iter().find(|known| known.istat == comune).unwrap().hours[at];
    let (whole, decimals) = hours.split_once('.').unwrap();
    (whole.parse::<i64>().unwrap() * 100 + decimals.parse::<i64>().unwrap(), crate::support::cents(&quota["amount"]))
}

#[test]
fn the_months_so_far_say_what_the_year_will_be() {
    let server = Server::start();
    let last = 5;
    let lines = lines(last);
    import(&server, &lines);
    let (totals, _) = sums(&lines);
    for comune in [MANERBIO, PONTEVICO] {
        let found = forecasts(&server, (Role::Comune, Some(comune)), comune);
        assert_eq!(found.len(), 2, "{found:?}");
        for forecast in &found {
            let service = forecast["service"]["code"].as_str().unwrap();
            let month = |month: i64| {
                totals
                    .get(&(service.to_owned(), comune.to_owned(), 202_200 + month, "HOURS".to_owned()))
                    .copied()
                    .unwrap_or(0)
            };
            let months: Vec<i64> = (1..=last).map(month).collect();
            let consumed: i64 = months.iter().sum();
            let bound = |month: Option<&i64>| decimal(consumed + (12 - last) * month.unwrap());
            let expected = six(consumed * 12, last);
            assert_eq!(forecast["measure"], "HOURS");
            assert_eq!(forecast["monthsKnown"], json!(last));
            assert_eq!(forecast["consumed"], json!(decimal(consumed)), "{forecast}");
            assert_eq!(forecast["expected"], json!(expected), "{forecast}");
            assert_eq!(forecast["lowest"], json!(bound(months.iter().min())), "{forecast}");
            assert_eq!(forecast["highest"], json!(bound(months.iter().max())), "{forecast}");
            let (planned, quota) = plan(&server, comune, service);
            assert_eq!(forecast["planned"], json!(decimal(planned)), "{forecast}");
            assert_eq!(crate::support::cents(&forecast["quota"]), quota);
            if service == "ADM" {
                // 9.00 euro for hundredths of an hour, a fifth of them twelve times over, half up to the cent.
                let cents = (2 * consumed * 12 * 9 + last) / (2 * last);
                assert_eq!(forecast["price"], "9");
                assert_eq!(crate::support::cents(&forecast["expectedAmount"]), cents);
                assert_eq!(forecast["expectedOverrun"], json!(cents > quota), "{forecast}");
            } else {
                assert!(forecast["price"].is_null() && forecast["expectedAmount"].is_null(), "{forecast}");
                assert_eq!(forecast["expectedOverrun"], json!(consumed * 12 > planned * last), "{forecast}");
            }
        }
    }
    // Both ways happen.
    let all: Vec<Value> =
        [MANERBIO, PONTEVICO, "017078"].iter().flat_map(|comune| forecasts(&server, AZIENDA, comune)).collect();
    for overrun in [true, false] {
        assert!(all.iter().any(|forecast| forecast["expectedOverrun"] == overrun), "{all:?}");
    }
    // A service that a comune takes no part in has nothing to be held against.
    let ghedi = all.iter().rfind(|forecast| forecast["service"]["code"] == "SAD").unwrap();
    assert!(ghedi["planned"].is_null() && ghedi["quota"].is_null() && ghedi["expectedOverrun"].is_null(), "{ghedi}");
}

#[test]
fn a_whole_year_is_what_it_was() {
    let server = Server::start();
    let lines = lines(12);
    import(&server, &lines);
    for forecast in forecasts(&server, AZIENDA, PONTEVICO) {
        for name in ["expected", "lowest", "highest"] {
            assert_eq!(forecast[name], forecast["consumed"], "{forecast}");
        }
    }
    assert_eq!(forecasts(&server, AZIENDA, "017195"), Vec::<Value>::new());
}
