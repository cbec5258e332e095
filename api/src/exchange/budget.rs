//! `[[budget]]`: what a service may cost, who covers it, and how the rest is shared.

use std::collections::BTreeMap;

use allocation::{Cents, FundingSize, IstatCode, vat};
use entity::kinds::{LineGiven, VatRegime};

use super::document::{Table, Value};
use super::freeze::{self, Context};
use super::plan;
use super::rule::{self, RuleRead};
use super::service::{self, Participants, Service};
use super::text;
use crate::store::bundle::{BudgetRecord, FundingRecord, LineRecord, Pointer};

/// The budgets of each year, in the order of the file.
#[derive(Default)]
pub(super) struct Budgets {
    by_year: BTreeMap<i32, Vec<BudgetRecord>>,
    lines: BTreeMap<(i32, String), usize>,
    unread: bool,
}

/// A budget with whatever of it could be read, before the years are told apart.
struct Budget {
    amount: Option<Cents>,
    lines: Vec<LineRecord>,
    funding: Option<Vec<FundingRecord>>,
    rule: Option<RuleRead>,
    participants: Option<Participants>,
    note: Option<String>,
    assumed: bool,
    /// Whether nothing was wrong with it.
    sound: bool,
}

impl Budgets {
    /// `[[budget]]`
    pub(super) fn take(&mut self, mut table: Table<'_>, services: &[Service], context: &Context<'_>) {
        let years = plan::years(&mut table, context.names);
        let code = table.need("service").and_then(|value| context.names.services.refer(value, "service", text::code));
        let service =
            code.as_ref().and_then(|code| services.iter().find(|service| service.code.as_ref() == Some(code)));
        let found = context.problems.count();
        let mut budget = budget(&mut table, service, context);
        // Of a rule or funding that was misread nothing the arithmetic says would be true.
        budget.sound = context.problems.count() == found;
        let (Some(years), Some(code)) = (years, code) else {
            self.unread = true;
            table.finish();
            return;
        };
        for year in years {
            if let Some(first) = self.lines.get(&(year, code.clone())) {
                table.problem(format!("the budget of {code} in {year} stands already in line {first}"));
                continue;
            }
            self.lines.insert((year, code.clone()), table.place().line);
            self.by_year.entry(year).or_default().extend(of_year(&budget, &table, &code, year, context));
        }
        table.finish();
    }

    /// Whether a year certainly has no budget.
    pub(super) fn lack(&self, year: i32) -> bool {
        !self.unread && !self.lines.keys().any(|(of, _)| *of == year)
    }

    /// The budgets of a year.
    pub(super) fn of(&mut self, year: i32) -> Vec<BudgetRecord> {
        self.by_year.remove(&year).unwrap_or_default()
    }
}

fn budget(table: &mut Table<'_>, service: Option<&Service>, context: &Context<'_>) -> Budget {
    let (amount, lines) = amount(table);
    let funding = funding(table, amount, service, context);
    let rule = table.need("rule").and_then(Value::table).and_then(|rule| rule::rule(rule, context.names));
    let participants = match table.get("participants") {
        Some(value) => service::participants(value, context.names),
        None => service.and_then(|service| service.participants.clone()),
    };
    let note = table.text_or_none("note");
    let assumed = table.flag("assumed");
    Budget { amount, lines, funding, rule, participants, note, assumed, sound: true }
}

/// The budget in one year's plan, once its participants have a basis and its rule gives quotas.
fn of_year(budget: &Budget, table: &Table<'_>, code: &str, year: i32, context: &Context<'_>) -> Option<BudgetRecord> {
    let participants = participants(budget, table, code, year, context);
    let rule = budget.rule.as_ref();
    let found = context.problems.count();
    if let Some((rule, participants)) = rule.zip(participants.as_ref()) {
        freeze::check_named(rule, participants, code, context);
    }
    let (read, participants) = (rule?, participants?);
    let rule = read.rule.as_ref()?;
    let basis = freeze::basis(rule, &participants, code, year, table, context);
    let record = BudgetRecord {
        service: code.to_owned(),
        amount: budget.amount?,
        lines: budget.lines.clone(),
        funding: budget.funding.clone()?,
        rule: Some(rule.clone()),
        rule_assumed: read.assumed,
        rule_note: read.note.clone(),
        participants,
        basis: basis?,
        note: budget.note.clone(),
        assumed: budget.assumed,
    };
    if !budget.sound || context.problems.count() > found {
        return None;
    }
    if let Err(reason) = freeze::compute(&record, rule, context) {
        table.problem(format!("{code} in {year}: {reason}"));
        return None;
    }
    Some(record)
}

/// Who takes part in a year; a comune that is not yet a member is reported.
fn participants(
    budget: &Budget,
    table: &Table<'_>,
    code: &str,
    year: i32,
    context: &Context<'_>,
) -> Option<Vec<IstatCode>> {
    match budget.participants.as_ref()? {
        Participants::All => {
            let members = context.comuni.members(year);
            if members.is_empty() && context.names.comuni.is_complete() {
                table.problem(format!("{code} in {year}: no comune is a member yet"));
            }
            // Nobody can say who all are while a row of the comuni is unread.
            (context.names.comuni.is_complete() && !members.is_empty()).then_some(members)
        }
        Participants::Listed(codes) => {
            let late: Vec<_> = codes.iter().filter(|comune| context.comuni.joins_after(**comune, year)).collect();
            for comune in &late {
                let comune = context.comuni.title(**comune);
                table.problem(format!("{code} in {year}: {comune} takes part and joins the Ambito later"));
            }
            late.is_empty().then(|| codes.clone())
        }
    }
}

/// The amount and the lines it is made of; where both are given they must agree.
fn amount(table: &mut Table<'_>) -> (Option<Cents>, Vec<LineRecord>) {
    if table.get("line").is_none() {
        return (table.read("amount", text::money), Vec::new());
    }
    let given = table.get("amount");
    let tables = table.tables("line");
    let count = tables.len();
    let lines: Vec<_> = tables.into_iter().filter_map(line).collect();
    let stated = given.and_then(|value| value.read(text::money));
    if lines.len() < count {
        return (None, lines);
    }
    let Ok(sum) = Cents::sum(lines.iter().map(|line| line.gross)) else {
        table.problem("the sum of the lines is too large");
        return (None, lines);
    };
    if let Some((value, stated)) = given.zip(stated).filter(|(_, stated)| *stated != sum) {
        value.problem(&format!("the lines add up to {sum}, not to {stated}"));
    }
    (Some(sum), lines)
}

/// `agreement` and `agreement_line`: the line of an agreement whose cost it is, by codes; an error where that was misread, which was reported.
/// Whether it is there is known when the file is taken in.
fn pointer(table: &mut Table<'_>) -> Result<Option<Pointer>, ()> {
    let place = table.place();
    let mut code = |key: &str| table.get(key).map(|value| value.read(text::code));
    let (agreement, line) = (code("agreement"), code("agreement_line"));
    match (agreement, line) {
        (None, None) => Ok(None),
        (Some(agreement), Some(line)) => {
            let place = format!("{}:{}", place.file, place.line);
            let (agreement, line) = (agreement.ok_or(())?, line.ok_or(())?);
            Ok(Some(Pointer::Named { agreement, line, place }))
        }
        _ => {
            table.problem("`agreement` and `agreement_line` stand together");
            Err(())
        }
    }
}

/// `[[budget.line]]`
fn line(mut table: Table<'_>) -> Option<LineRecord> {
    const REGIMES: [(&str, VatRegime); 3] =
        [("RATE", VatRegime::Rate), ("EXEMPT", VatRegime::Exempt), ("OUT_OF_SCOPE", VatRegime::OutOfScope)];
    let item = table.text("item");
    let net = table.get("net");
    let gross = table.get("gross");
    let regime = table.need("vat_regime").and_then(|value| value.choice(&REGIMES));
    // Only a regime of this kind has a rate; elsewhere it stays an unknown key.
    let rate = match regime {
        Some(VatRegime::Rate) => table.read("vat_rate", text::percent).map(Some),
        Some(VatRegime::Exempt | VatRegime::OutOfScope) => Some(None),
        None => table.get("vat_rate").map(|_| None),
    };
    if net.is_none() && gross.is_none() {
        table.problem("a line needs `net` or `gross`");
    }
    let agreement_line = pointer(&mut table);
    let net_amount = net.map_or(Some(None), |value| value.read(text::money).map(Some));
    let gross_amount = gross.map_or(Some(None), |value| value.read(text::money).map(Some));
    let (regime, rate, net_amount, gross_amount) = (regime?, rate?, net_amount?, gross_amount?);
    let vat = match (regime, rate) {
        (VatRegime::Rate, Some(rate)) => vat::Vat::Rate(rate),
        (VatRegime::Rate | VatRegime::Exempt, _) => vat::Vat::Exempt,
        (VatRegime::OutOfScope, _) => vat::Vat::OutOfScope,
    };
    let printed = vat::Printed { net: net_amount, vat: None, gross: gross_amount };
    let found = printed.line(vat).map_err(|error| table.problem(error.to_string())).ok()?;
    let (given, amounts) = match found? {
        (vat::Given::Net, amounts) => (LineGiven::Net, amounts),
        (vat::Given::Gross, amounts) => (LineGiven::Gross, amounts),
    };
    if let Some((value, stated)) = gross.zip(gross_amount).filter(|_| !printed.fits(amounts)) {
        let told = net_amount.map_or(Ok(amounts), |net| vat::from_net(net, vat)).unwrap_or(amounts);
        let vat::Line { net, vat, gross } = told;
        value.problem(&format!("{net} and {vat} of VAT are {gross}, not {stated}"));
    }
    table.finish();
    Some(LineRecord {
        item: item?,
        net: amounts.net,
        vat: amounts.vat,
        gross: amounts.gross,
        regime,
        rate,
        given,
        agreement_line: agreement_line.ok()?,
    })
}

/// `[[budget.funding]]`; `None` where one could not be read or they do not fit together.
fn funding(
    table: &mut Table<'_>,
    budget: Option<Cents>,
    service: Option<&Service>,
    context: &Context<'_>,
) -> Option<Vec<FundingRecord>> {
    let mut records: Vec<FundingRecord> = Vec::new();
    let mut complete = true;
    let mut sum = Cents::ZERO;
    for mut entry in table.tables("funding") {
        let fund = entry.need("fund").and_then(|value| fund(value, &records, service, context));
        let size = entry.need("amount").and_then(size);
        let assumed = entry.flag("assumed");
        let amount = match size {
            Some(FundingSize::Fixed(amount)) => Some(amount),
            Some(FundingSize::Balancing) | None => None,
        };
        if size == Some(FundingSize::Balancing) && records.iter().any(|other| other.amount.is_none()) {
            entry.problem("only one funding may be balancing");
            complete = false;
        }
        let before = sum;
        sum = sum.checked_add(amount.unwrap_or_default()).unwrap_or(Cents::new(i64::MAX));
        // Only the funding that passes the budget is reported, not those after it.
        if let Some(budget) = budget.filter(|budget| sum > *budget && before <= *budget) {
            entry.problem(format!("the funding comes to {sum}, above the budget {budget}"));
            complete = false;
        }
        entry.finish();
        match fund.zip(size) {
            Some((fund, _)) => records.push(FundingRecord { fund, amount, assumed }),
            None => complete = false,
        }
    }
    complete.then_some(records)
}

/// The fund of a funding: one that covers the service, once.
fn fund(
    value: Value<'_>,
    before: &[FundingRecord],
    service: Option<&Service>,
    context: &Context<'_>,
) -> Option<String> {
    let code = context.names.funds.refer(value, "fund", text::code)?;
    let covering = service.and_then(|service| service.covered_by.as_ref());
    if covering.is_some_and(|covering| !covering.contains(&code)) {
        value.problem(&format!("{code} is not among the funds that the service is `covered_by`"));
    }
    if before.iter().any(|other| other.fund == code) {
        value.problem(&format!("{code} stands here twice"));
    }
    Some(code)
}

/// An amount, or `"balancing"`.
fn size(value: Value<'_>) -> Option<FundingSize> {
    let balancing = value.as_str() == Some("balancing");
    if balancing { Some(FundingSize::Balancing) } else { value.read(text::money).map(FundingSize::Fixed) }
}
