//! Services: all that the programme says of the 13, who takes part, and their budgets.

use api::auth::Role;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::figures::{BUDGETS, YEARS, list, wide};

/// What the programme says of a service in words.
struct Told {
    code: &'static str,
    name: &'static str,
    area: &'static str,
    delivery: &'static str,
    mission: &'static str,
    funds: &'static [&'static str],
    targets: &'static [&'static str],
    indicators: &'static [&'static str],
}

const fn told(
    texts: [&'static str; 5],
    funds: &'static [&'static str],
    targets: &'static [&'static str],
    indicators: &'static [&'static str],
) -> Told {
    let [code, name, area, delivery, mission] = texts;
    Told { code, name, area, delivery, mission, funds, targets, indicators }
}

const AZIENDA: &str = "Gestione Azienda";
const ASSOCIATA: &str = "Gestione servizi in forma associata";
const AFFIDATI: &str = "Servizi affidati";
const PROGETTI: &str = "Gestione progetti regionali, nazionali ed europei";

/// The 13 services, in the programme's order.
#[rustfmt::skip] // As a table.
const SERVICES: [Told; 13] = [
    told(["STAFF", "Staff operativo aziendale", AZIENDA, "gestione diretta", "12.07"], &["QUOTA_COMUNI"], &[],
         &["obiettivi del piano di zona raggiunti", "incontri dello staff", "procedure gestionali definite"]),
    told(["ORGANI", "Organi, consulenze esterne, spese di gestione e sicurezza (legge 81)", AZIENDA, "gestione diretta", "12.07"],
         &["QUOTA_COMUNI"], &[], &["percentuale di adeguamento"]),
    told(["TUTELA", "Tutela minori, affido e pronto intervento", ASSOCIATA, "gestione diretta", "12.01"], &["FNPS"],
         &["minori", "famiglie"], &["équipe socio-psico-pedagogica definita", "modalità del coordinatore definite"]),
    told(["ADM", "Assistenza domiciliare minori", ASSOCIATA, "appalto", "12.01"], &["FNPS", "FSR", "QUOTA_COMUNI"], &["minori"],
         &["progetto organizzativo verificato"]),
    told(["SIL", "Servizio di integrazione lavorativa", ASSOCIATA, "affidamento", "12.04"], &["FNPS", "FSR", "QUOTA_COMUNI"],
         &["persone fragili", "disabili"], &["progetto organizzativo verificato", "nuovi progetti avviati"]),
    told(["CONSULENZA", "Consulenza giuridico-familiare e civile, supervisione dell'ufficio di piano", ASSOCIATA, "affidamento diretto", "12.05"],
         &["FNPS"], &[], &["verifica funzionale"]),
    told(["MEDIAZIONE", "Mediazione familiare e percorso adolescenti", ASSOCIATA, "appalto", "12.01"], &["FNPS"],
         &["famiglie", "adolescenti"], &["verifica funzionale"]),
    told(["SSB", "Servizio sociale professionale di base", AFFIDATI, "gestione diretta", "12.07"], &["QUOTA_COMUNI"], &[],
         &["tempi di messa a regime", "metodologia condivisa"]),
    told(["SAD", "Servizio di assistenza domiciliare", AFFIDATI, "appalto", "12.03"], &["QUOTA_COMUNI"], &["anziani", "disabili"],
         &["esecuzione verificata", "incontri di monitoraggio"]),
    told(["ADP", "Assistenza ad personam ad alunni e studenti disabili", AFFIDATI, "co-progettazione", "12.02"], &["QUOTA_COMUNI"],
         &["minori", "disabili"], &["esecuzione verificata", "incontri di monitoraggio"]),
    told(["PROGETTI-UDP", "Progettualità dell'Ufficio di Piano", PROGETTI, "mista", "12.07"], &["VINCOLATE"], &[], &[]),
    told(["PROGETTI-PROV", "Progettualità del coordinamento provinciale degli Uffici di Piano", PROGETTI, "mista", "12.07"],
         &["VINCOLATE"], &[], &[]),
    told(["TITOLI", "Titoli sociali", "Anziani, minori, disabili", "gestione diretta", "12.04"], &["VINCOLATE"],
         &["anziani", "minori", "disabili"],
         &["tipologia, numero ed entità dei titoli erogati", "indicatori di valutazione e di efficacia"]),
];

/// Every service of Ambito 9 with these fields.
fn services(server: &Server, fields: &str) -> Vec<Value> {
    let data = server.data(Role::Comune, &format!(r#"{{ ambito(code: "9") {{ services {{ code {fields} }} }} }}"#));
    list(&data["ambito"]["services"]).clone()
}

/// One service of Ambito 9.
fn service(server: &Server, code: &str, fields: &str) -> Value {
    let data =
        server.data(Role::Comune, &format!(r#"{{ ambito(code: "9") {{ service(code: "{code}") {{ {fields} }} }} }}"#));
    data["ambito"]["service"].clone()
}

#[test]
fn the_13_services_are_as_the_programme_describes_them() {
    let server = Server::start();
    let found = services(&server, "name area delivery missionProgramme coverage { code } targets indicators { name }");
    assert_eq!(found.len(), SERVICES.len());
    for (found, expected) in found.iter().zip(&SERVICES) {
        let expected = json!({
            "code": expected.code, "name": expected.name, "area": expected.area, "delivery": expected.delivery,
            "missionProgramme": expected.mission, "targets": expected.targets,
            "coverage": expected.funds.iter().map(|code| json!({ "code": code })).collect::<Value>(),
            "indicators": expected.indicators.iter().map(|name| json!({ "name": name })).collect::<Value>(),
        });
        assert_eq!(*found, expected);
    }
}

#[test]
fn notes_and_tasks_stand_where_the_programme_has_them() {
    let server = Server::start();
    let staff = ["direzione", "segreteria", "contabilità", "gestione risorse umane", "referenza progetti"];
    for found in services(&server, "note tasks") {
        let note = match found["code"].as_str().unwrap() {
            "TUTELA" => Some("équipe di assistenti sociali con gli psicologi dell'azienda sanitaria"),
            "SSB" => Some(
                "il costo comprende le assistenti sociali, quota parte della gestione del personale e la maternità",
            ),
            "SAD" | "ADP" => Some("il costo comprende quota parte del responsabile dell'esecuzione"),
            _ => None,
        };
        let tasks = if found["code"] == "STAFF" { json!(staff) } else { json!([]) };
        assert_eq!((&found["note"], &found["tasks"]), (&json!(note), &tasks), "{}", found["code"]);
    }
}

#[test]
fn projects_and_benefit_measures_stand_where_the_programme_has_them() {
    let server = Server::start();
    let project = |name: &str,
                   years: Option<&str>,
                   contribution: Option<&str>,
                   act: Option<&str>,
                   note: Option<&str>| {
        json!({ "name": name, "years": years, "contribution": contribution, "act": act, "note": note })
    };
    let of_udp = json!([
        project("PON SIA (inclusione attiva)", Some("2017-2019"), Some("205467.00"), None, None),
        project(
            "FAMI prog-1117 (integrazione dei cittadini di paesi terzi)",
            Some("2018"),
            Some("94405.00"),
            None,
            None
        ),
    ]);
    let alliance = Some("totale dell'alleanza, condiviso da 5 ambiti");
    let of_province = json!([
        project("Sportello badanti", None, None, Some("DGR 5648/2016"), None),
        project("Conciliazione famiglia-lavoro", None, Some("142900.00"), Some("DGR 5969/2016"), alliance),
        project("Rete antiviolenza", None, None, Some("DGR 5878/2016"), None),
        project("Cartella sociale informatizzata", None, None, Some("DGR 5499/2016"), None),
        project("Regolamento abitativo", None, None, None, None),
    ]);
    let benefit = |name: &str, kind: &str, act: Option<&str>| json!({ "name": name, "kind": kind, "act": act });
    let of_titoli = json!([
        benefit("Vita indipendente", "progetto", None),
        benefit("Buono sociale per caregiver familiari o assistenti assunti", "buono", None),
        benefit("Voucher di Ambito", "voucher", None),
        benefit("Dopo di noi", "progetto", Some("L. 112/2016, DGR 6674/2017")),
        benefit("Emergenza abitativa", "contributo", None),
    ]);
    let none = json!([]);
    for found in services(&server, "projects { name years contribution act note } benefitMeasures { name kind act }") {
        let (projects, benefits) = match found["code"].as_str().unwrap() {
            "PROGETTI-UDP" => (&of_udp, &none),
            "PROGETTI-PROV" => (&of_province, &none),
            "TITOLI" => (&none, &of_titoli),
            _ => (&none, &none),
        };
        assert_eq!((&found["projects"], &found["benefitMeasures"]), (projects, benefits), "{}", found["code"]);
    }
}

#[test]
fn sad_and_adp_are_for_16_and_15_comuni() {
    let server = Server::start();
    let absent = |code: &str| match code {
        "SAD" => vec!["Gambara", "Ghedi", "Isorella", "Pralboino"],
        "ADP" => vec!["Gambara", "Leno", "Manerbio", "Pralboino", "Verolanuova"],
        _ => Vec::new(),
    };
    let all = server.data(Role::Comune, r#"{ ambito(code: "9") { comuni { name } } }"#);
    for year in YEARS {
        for found in services(&server, &format!("participants(year: {year}) {{ name }}")) {
            let absent = absent(found["code"].as_str().unwrap());
            let expected: Vec<&Value> = list(&all["ambito"]["comuni"])
                .iter()
                .filter(|comune| !absent.contains(&comune["name"].as_str().unwrap()))
                .collect();
            assert_eq!(expected.len(), 20 - absent.len());
            assert_eq!(list(&found["participants"]).iter().collect::<Vec<_>>(), expected, "{year} {}", found["code"]);
        }
    }
}

#[test]
fn a_services_budget_is_that_of_the_plan_in_force() {
    let server = Server::start();
    for year in YEARS {
        for (found, expected) in
            services(&server, &format!("budget(year: {year}) {{ amount plan {{ year }} }}")).iter().zip(&BUDGETS)
        {
            let budget = &found["budget"];
            assert_eq!((&found["code"], wide(&budget["amount"])), (&json!(expected.service), expected.cents), "{year}");
            assert_eq!(budget["plan"]["year"], year, "{}", expected.service);
        }
    }
}

#[test]
fn a_service_is_found_by_its_id() {
    let server = Server::start();
    let adm = service(&server, "ADM", "id coverage { id code }");
    let (id, fund) = (adm["id"].as_str().unwrap(), adm["coverage"][1]["id"].as_str().unwrap());
    let query = format!(
        r#"{{ nodes(ids: ["{fund}", "{id}"]) {{ __typename id ... on Service {{ code }} ... on Fund {{ name }} }} }}"#
    );
    let expected = json!([
        { "__typename": "Fund", "id": fund, "name": "Fondo Sociale Regionale" },
        { "__typename": "Service", "id": id, "code": "ADM" },
    ]);
    assert_eq!(server.data(Role::Comune, &query)["nodes"], expected);
}
