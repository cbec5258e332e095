//! What agreements and their programmes are worth, by year and over the years, and what of that a partner sees that is one of several.

use api::auth::Role;
use serde_json::{Value, json};

use super::files::import;
use super::writing::{agreement, done, terms};
use crate::support::Server;
use crate::support::agreements::partner_token;

/// What something is worth, worked out by hand.
fn worth(amounts: [&str; 3], shares: [&str; 2], percents: [i32; 2]) -> Value {
    let [total, public, private] = amounts;
    json!({ "total": total, "public": public, "private": private, "publicShare": shares[0], "privateShare": shares[1],
        "publicPercent": percents[0], "privatePercent": percents[1] })
}

fn of_year(year: i32, mut worth: Value) -> Value {
    worth["year"] = json!(year);
    worth
}

const WORTH: &str = "total public private publicShare privateShare publicPercent privatePercent";

#[test]
fn a_programme_is_worth_so_much_a_year_and_over_the_years() {
    let server = Server::start();
    let value = |year: i32, public: &str, private: &str| json!({ "year": year, "public": public, "private": private });
    let given = json!({
        "perimeters": [value(2020, "300.00", "100.00"), value(2021, "100.00", "100.00")],
        "programmes": [
            { "code": "A", "name": "Famiglia", "years": [value(2020, "200.00", "100.00"), value(2021, "1.00", "2.00")] },
            { "code": "B", "name": "Lavoro", "year": 2020, "public": "100.00", "private": "0.00" },
            { "code": "C", "name": "Casa", "year": 2021, "public": "50.00" },
            { "code": "D", "name": "Rete" },
        ],
    });
    let selection = format!(
        "{{ version(asOf: \"2020-01-01\") {{ perimeters {{ year {WORTH} }} value {{ {WORTH} }}
            programmes {{ code year public private years {{ year {WORTH} }} value {{ {WORTH} }} }} }} }}"
    );
    let input = agreement("VALE", terms("2020-01-01", "2021-12-31", given));
    let version = done(&server, "addAgreement", input, &selection)["version"].take();
    // 300 of 400, 100 of 200, 400 of 600: 66.66 and 33.33, what cutting leaves goes to the larger remainder.
    let three_quarters = worth(["400.00", "300.00", "100.00"], ["0.750000", "0.250000"], [75, 25]);
    let half = worth(["200.00", "100.00", "100.00"], ["0.500000", "0.500000"], [50, 50]);
    let two_thirds = worth(["600.00", "400.00", "200.00"], ["0.666667", "0.333333"], [67, 33]);
    assert_eq!(version["perimeters"], json!([of_year(2020, three_quarters), of_year(2021, half)]));
    assert_eq!(version["value"], two_thirds);
    // 200 of 300, 1 of 3, 201 of 303: 66.336..., whose remainder is the smaller one of 33.663....
    let first = worth(["300.00", "200.00", "100.00"], ["0.666667", "0.333333"], [67, 33]);
    let second = worth(["3.00", "1.00", "2.00"], ["0.333333", "0.666667"], [33, 67]);
    let both = worth(["303.00", "201.00", "102.00"], ["0.663366", "0.336634"], [66, 34]);
    let all = worth(["100.00", "100.00", "0.00"], ["1.000000", "0.000000"], [100, 0]);
    let none = Value::Null;
    let expected = json!([
        { "code": "A", "year": none, "public": none, "private": none, "years": [of_year(2020, first), of_year(2021, second)], "value": both },
        { "code": "B", "year": 2020, "public": "100.00", "private": "0.00", "years": [of_year(2020, all.clone())], "value": all },
        // Of what the document says the half nobody knows what the whole is.
        { "code": "C", "year": 2021, "public": "50.00", "private": none, "years": [], "value": none },
        { "code": "D", "year": none, "public": none, "private": none, "years": [], "value": none },
    ]);
    assert_eq!(version["programmes"], expected);
}

#[test]
fn one_of_several_partners_is_not_told_what_all_of_them_add() {
    let server = Server::start();
    let file = "ambito = \"9\"\npartner = [{ code = \"BETA\", name = \"Beta\" }]\n[[agreement]]\ncode = \"X\"\nkind = \"CO_DESIGN\"
        version = [{ title = \"a\", starts_on = 2020-01-01, ends_on = 2020-12-31, partners = [\"ALFA\", \"BETA\"],
          contribution = [{ year = 2020, partner = \"ALFA\", amount = \"40.00\" }, { year = 2020, partner = \"BETA\", amount = \"60.00\" }],
          perimeter = [{ year = 2020, public = \"300.00\", private = \"100.00\", total = \"400.00\" }],
          programme = [{ code = \"A\", name = \"n\", years = [{ year = 2020, public = \"200.00\", private = \"50.00\" }] },
            { code = \"B\", name = \"m\", year = 2020, public = \"100.00\", private = \"50.00\" }] },
          { kind = \"RENEWAL\", title = \"b\", starts_on = 2021-01-01, ends_on = 2021-12-31, partners = [\"ALFA\"],
          perimeter = [{ year = 2021, public = \"30.00\", private = \"10.00\" }] }]";
    import(&server, file).unwrap();
    let query = "{ ambito(code: \"9\") { agreements { nodes {
        shared: version(asOf: \"2020-06-30\") { value { private } perimeter(year: 2020) { private } perimeters { private }
          programmes { code public private years { private } value { private } } years { contributions } }
        own: version(asOf: \"2021-06-30\") { value { private } perimeter(year: 2021) { private } } } } } }";
    let asked = |token: &str| server.ask(token, query, Value::Null).data()["ambito"]["agreements"]["nodes"][0].clone();
    let private = |amount: &str| json!({ "private": amount });
    let programme = |code: &str, public: Value, amount: Value, years: Value, value: Value| json!({ "code": code, "public": public, "private": amount, "years": years, "value": value });
    let (null, fifty) = (Value::Null, private("50.00"));
    let all = json!({
        "value": private("100.00"), "perimeter": private("100.00"), "perimeters": [private("100.00")],
        "programmes": [
            programme("A", null.clone(), null.clone(), json!([fifty]), fifty.clone()),
            programme("B", json!("100.00"), json!("50.00"), json!([fifty]), fifty.clone()),
        ],
        "years": [{ "contributions": "100.00" }],
    });
    let of_one = |contributions: &str| {
        json!({
            "value": null, "perimeter": null, "perimeters": [],
            "programmes": [
                programme("A", null.clone(), null.clone(), json!([]), null.clone()),
                programme("B", json!("100.00"), null.clone(), json!([]), null.clone()),
            ],
            "years": [{ "contributions": contributions }],
        })
    };
    let renewed = json!({ "value": private("10.00"), "perimeter": private("10.00") });
    assert_eq!(asked(&server.token_of(Role::Azienda)), json!({ "shared": all, "own": renewed }));
    // ALFA is alone in the renewal, and reads there what it adds itself.
    assert_eq!(asked(&server.token_of(Role::Partner)), json!({ "shared": of_one("40.00"), "own": renewed }));
    assert_eq!(asked(&partner_token(&server, "9", "BETA")), json!({ "shared": of_one("60.00"), "own": null }));
}
