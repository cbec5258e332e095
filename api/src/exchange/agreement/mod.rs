//! `agreements.toml`: the agreements of an Ambito, with their partners and every version of them.

mod days;
mod line;
mod value;
mod version;

use allocation::IstatCode;
use entity::kinds::{AgreementKind, VersionKind};
pub(super) use version::all;

use super::document::{Source, Table, Value};
use super::files::{AGREEMENTS, AgreementFile};
use super::names::Declared;
use super::problem::{Place, Problem, Problems, checked};
use super::{master, text};
use crate::store::agreement::bundle::{AgreementBundle, AgreementRecord, AmbitoOf};
use crate::store::agreement::given::{GivenAgreement, GivenTerms};
use crate::store::bundle::ComuneRecord;
use crate::store::partner::NewPartner;
use crate::store::places::Places;

/// Digits of the tax code of an organisation.
const TAX_CODE_DIGITS: usize = 11;

/// What the versions of a file refer to.
struct Names {
    comuni: Declared<IstatCode>,
    partners: Declared<String>,
    agreements: Declared<String>,
    /// Whether the Ambito is new, so that what the file does not declare is not there.
    is_new: bool,
}

/// Reads and checks a file of agreements: the records, or everything that is wrong, by line.
pub fn parse_agreements(file: &AgreementFile) -> Result<AgreementBundle, Vec<Problem>> {
    checked(|problems| {
        let bundle = read(file, problems);
        // All that cannot be read has been reported but for one thing.
        if bundle.is_none() && problems.count() == 0 {
            problems.add(Place { file: AGREEMENTS, line: 1 }, "the amounts are too large to be added up");
        }
        bundle
    })
}

fn read(file: &AgreementFile, problems: &Problems) -> Option<AgreementBundle> {
    let (source, root) = Source::parse(AGREEMENTS, file.0.text(AGREEMENTS, problems), problems);
    let mut root = source.root(&root);
    let ambito = root.need("ambito").and_then(ambito);
    let is_new = !matches!(ambito, Some(AmbitoOf::Known(_)));
    let mut names = Names { comuni: Declared::new(), partners: Declared::new(), agreements: Declared::new(), is_new };
    if !source.is_whole() {
        names.comuni.blur();
        names.partners.blur();
    }
    let comuni = root.tables("comune").into_iter().filter_map(|table| comune(table, &mut names)).collect();
    let partners = root.tables("partner").into_iter();
    let partners = partners.filter_map(|table| Some((table.place().line, partner(table, &mut names)?)));
    let (partner_lines, partners) = partners.collect::<Vec<_>>().into_iter().unzip();
    let tables = some_tables(&mut root, "agreement");
    let agreements = tables.into_iter().filter_map(|table| agreement(table, &mut names)).collect();
    root.finish();
    Some(AgreementBundle { ambito: ambito?, comuni, partners, partner_lines, agreements })
}

/// The tables of a list that has one at least.
fn some_tables<'a>(table: &mut Table<'a>, key: &str) -> Vec<Table<'a>> {
    let Some((value, items)) = table.need(key).and_then(|value| Some((value, value.items()?))) else {
        return Vec::new();
    };
    if items.is_empty() {
        value.problem("at least one is needed");
    }
    items.into_iter().filter_map(Value::table).collect()
}

/// `ambito`: the code of one that is there, or `[ambito]`, a new one.
fn ambito(value: Value<'_>) -> Option<AmbitoOf> {
    match value.as_str() {
        Some(_) => value.read(text::code).map(AmbitoOf::Known),
        None => value.table().and_then(master::ambito).map(AmbitoOf::New),
    }
}

/// `[[comune]]`
fn comune(mut table: Table<'_>, names: &mut Names) -> Option<ComuneRecord> {
    let istat_code = names.comuni.declare(table.need("istat_code"), text::istat);
    let name = table.text("name");
    let cadastral_code = table.read_or_none("cadastral_code", text::cadastral);
    let province = table.read("province", text::province);
    let member_from = table.need("member_from").and_then(Value::date);
    table.finish();
    Some(ComuneRecord {
        istat_code: istat_code?,
        name: name?,
        cadastral_code,
        province: province?,
        member_from: member_from?,
    })
}

/// `[[partner]]`
fn partner(mut table: Table<'_>, names: &mut Names) -> Option<NewPartner> {
    let code = names.partners.declare(table.need("code"), text::code);
    let name = table.text("name");
    let tax_code = table.read_or_none("tax_code", |text| {
        if text.len() == TAX_CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text.to_owned());
        }
        Err(format!("the tax code of an organisation has {TAX_CODE_DIGITS} digits; that of a person is not recorded"))
    });
    table.finish();
    Some(NewPartner { code: code?, name: name?, tax_code })
}

/// `[[agreement]]`
fn agreement(mut table: Table<'_>, names: &mut Names) -> Option<AgreementRecord> {
    const KINDS: [(&str, AgreementKind); 5] = [
        ("SERVICE_CONTRACT", AgreementKind::ServiceContract),
        ("CO_DESIGN", AgreementKind::CoDesign),
        ("COLLABORATION", AgreementKind::Collaboration),
        ("ENTRUSTMENT", AgreementKind::Entrustment),
        ("TENDER", AgreementKind::Tender),
    ];
    let (line, before) = (table.place().line, table.found());
    let code = names.agreements.declare(table.need("code"), text::code);
    let kind = table.need("kind").and_then(|value| value.choice(&KINDS));
    let grantor = table.get("grantor").map(|value| names.grantor(value));
    let tables = some_tables(&mut table, "version");
    let count = tables.len();
    let versions: Vec<_> =
        tables.into_iter().enumerate().filter_map(|(at, table)| version(table, at == 0, names)).collect();
    table.finish();
    if let Some(code) = &code {
        table.name_since(before, &format!("agreement {code}"));
    }
    if versions.len() < count {
        return None;
    }
    let (mut later, mut places) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (kind, terms, place) in versions {
        later.push((kind, terms));
        places.push(place);
    }
    let mut later = later.into_iter();
    let (_, terms) = later.next()?;
    let grantor = match grantor {
        Some(given) => Some(given?),
        None => None,
    };
    Some(AgreementRecord {
        first: GivenAgreement { code: code?, kind: kind?, grantor, terms },
        later: later.collect(),
        line,
        places,
    })
}

impl Names {
    /// A comune of the Ambito.
    fn grantor(&self, value: Value<'_>) -> Option<IstatCode> {
        if self.is_new { self.comuni.refer(value, "comune", text::istat) } else { value.read(text::istat) }
    }
}

/// `[[agreement.version]]`: what made it, and what it says. The first is not said to be one.
fn version(mut table: Table<'_>, is_first: bool, names: &Names) -> Option<(VersionKind, GivenTerms, Places)> {
    const KINDS: [(&str, VersionKind); 2] = [("AMENDMENT", VersionKind::Amendment), ("RENEWAL", VersionKind::Renewal)];
    let kind =
        if is_first { Some(VersionKind::Original) } else { table.need("kind").and_then(|value| value.choice(&KINDS)) };
    let (terms, places) = version::terms(table, names)?;
    Some((kind?, terms, places))
}
