//! The demonstration answers what the founding plan asks for, type, number and amount of the benefits by measure, comune and period, in one query. Measures and their budgets are of the plan or assumed
//! from it; grants are invented. Figures were worked out by hand.

use api::auth::Operator;
use api::exchange;
use api::store::benefit::import;

use super::sums::{line, lines, sums};
use super::*;
use crate::support::tables::wait;

/// What the founding plan asks to have it by.
const GROUP_BY: &str = "MEASURE, COMUNE, KIND, YEAR";

/// Takes in the benefits of the demonstration.
pub(crate) fn load(server: &Server) {
    let bundle = exchange::benefits().unwrap();
    wait(import::import(server.store(), &Operator::at_the_machine("demo"), &bundle)).unwrap();
}

fn loaded() -> Server {
    let server = Server::start();
    load(&server);
    let before = snapshot(server.database());
    // Once more leaves it as it is.
    load(&server);
    assert!(snapshot(server.database()) == before);
    server
}

/// What somebody set of a measure is theirs, and a case that was granted already is no reason to fail.
#[test]
fn what_is_somebodys_own_is_left_as_it_is() {
    let bundle = exchange::benefits().unwrap();
    let operator = Operator::at_the_machine("demo");
    let query = "{ ambito(code: \"9\") { service(code: \"TITOLI\") { benefitMeasures { id revision name } } } }";
    let mut broken = bundle.clone();
    for grant in &mut broken.grants {
        grant.amount = api::store::benefit::Amount::Single(allocation::Cents::new(99_999_999_999));
    }
    let server = Server::start();
    let before = snapshot(server.database());
    // Beyond the budget: refused, and nothing is written.
    wait(import::import(server.store(), &operator, &broken)).unwrap();
    assert!(snapshot(server.database()) == before);
    let first = server.data(Role::Azienda, query)["ambito"]["service"]["benefitMeasures"][0].take();
    let own =
        json!({ "measure": first["id"], "expectedVersion": first["revision"], "budget": "5.00", "criteria": "Nostri" });
    done(&server, "updateBenefitMeasure", own, "benefitMeasure", "{ id }");
    let before = snapshot(server.database());
    wait(import::import(server.store(), &operator, &bundle)).unwrap();
    assert!(snapshot(server.database()) == before);
}

#[test]
fn the_question_of_the_founding_plan_is_one_query() {
    let server = loaded();
    measures(&server);
    whole(&server);
    without_few_people(&server);
}

/// What the measures may grant: their budgets add up to three years of 600,000.00.
fn measures(server: &Server) {
    let query = "{ ambito(code: \"9\") { service(code: \"TITOLI\") { benefitMeasures { name kind act from to budget committed fund { code } publishedCriteria { code } } } } }";
    let measures = server.data(Role::Azienda, query)["ambito"]["service"]["benefitMeasures"].take();
    let told: Vec<String> = measures
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            let text = |field: &str| own[field].as_str().unwrap_or("-").to_owned();
            assert_eq!(
                (text("from"), text("to"), &own["fund"]["code"]),
                ("2020-01-01".into(), "2022-12-31".into(), &json!("VINCOLATE"))
            );
            format!(
                "{}, {}, {}: {} of {}, {}",
                text("name"),
                text("kind"),
                text("act"),
                text("committed"),
                text("budget"),
                own["publishedCriteria"].as_array().unwrap().len()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "Vita indipendente, progetto, -: 19200.00 of 240000.00, 2",
            "Buono sociale per caregiver familiari o assistenti assunti, buono, -: 102480.00 of 720000.00, 3",
            "Voucher di Ambito, voucher, -: 8100.00 of 360000.00, 1",
            "Dopo di noi, progetto, L. 112/2016, DGR 6674/2017: 7200.00 of 300000.00, 1",
            "Emergenza abitativa, contributo, -: 14400.00 of 180000.00, 2",
        ]
    );
}

/// All of it, as the managing body reads it.
fn whole(server: &Server) {
    let whole = sums(server, &server.token_of(Role::Azienda), "", GROUP_BY);
    assert_eq!(
        lines(&whole),
        [
            "Vita indipendente 017078 progetto 2021: 2 2 9600.00",
            "Vita indipendente 017078 progetto 2022: 2 2 9600.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017088 buono 2021: 6 6 21600.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017103 buono 2021: 7 7 25200.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017103 buono 2022: 7 7 26880.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017149 buono 2021: 5 5 18000.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017195 buono 2021: 3 3 10800.00",
            "Voucher di Ambito 017009 voucher 2021: 4 4 3600.00",
            "Voucher di Ambito 017103 voucher 2021: 5 5 4500.00",
            "Dopo di noi 017088 progetto 2022: 1 1 7200.00",
            "Emergenza abitativa 017078 contributo 2020: 5 5 6000.00",
            "Emergenza abitativa 017103 contributo 2020: 6 6 7200.00",
            "Emergenza abitativa 017149 contributo 2020: 1 1 1200.00",
        ]
    );
    // 52 benefits; seven cases have a second one, of the same measure in the next year.
    assert_eq!(line(&whole["total"]), ": 52 45 151380.00");
}

/// Whoever may not see single cases is told of those comuni where enough people are, and that the rest is left out.
fn without_few_people(server: &Server) {
    let told = sums(server, &server.token_of(Role::Reporting), "", GROUP_BY);
    assert_eq!(
        lines(&told),
        [
            "Buono sociale per caregiver familiari o assistenti assunti 017088 buono 2021: 6 6 21600.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017103 buono 2021: 7 7 25200.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017103 buono 2022: 7 7 26880.00",
            "Buono sociale per caregiver familiari o assistenti assunti 017149 buono 2021: 5 5 18000.00",
            "Voucher di Ambito 017103 voucher 2021: 5 5 4500.00",
            "Emergenza abitativa 017078 contributo 2020: 5 5 6000.00",
            "Emergenza abitativa 017103 contributo 2020: 6 6 7200.00",
        ]
    );
    // 21,600 + 25,200 + 26,880 + 18,000 + 4,500 + 6,000 + 7,200.
    assert_eq!((&told["total"]["amount"], &told["total"]["withheld"]), (&json!("109380.00"), &json!(true)));
    // A year is answered without what is small in it; a measure of few people alone has no row, as one of nobody.
    let by_year = sums(server, &server.token_of(Role::Auditor), "", "YEAR");
    assert_eq!(lines(&by_year), ["2020: 11 11 13200.00", "2021: 23 null 69300.00", "2022: 7 7 26880.00"]);
    let by_measure = sums(server, &server.token_of(Role::Assemblea), "", "MEASURE, YEAR");
    assert!(lines(&by_measure).iter().all(|line| !line.starts_with("Vita indipendente")), "{by_measure}");
    // A comune sees its own beside, few or not: of Pontevico one.
    let own = server.token_for(Role::Comune, Some(PONTEVICO));
    let own = sums(server, &own, "to: \"2020-12-31\"", "MEASURE, COMUNE");
    assert_eq!(
        lines(&own),
        [
            "Emergenza abitativa 017078: 5 5 6000.00",
            "Emergenza abitativa 017103: 6 6 7200.00",
            "Emergenza abitativa 017149: 1 1 1200.00",
        ]
    );
    assert_eq!((&own["total"]["amount"], &own["total"]["withheld"]), (&json!("14400.00"), &json!(true)));
}
