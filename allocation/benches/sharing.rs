//! How long sharing takes: one amount among 8,000 comuni, the whole national size, and growth with the number of comuni.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark has nobody to report to")]

use std::hint::black_box;

use allocation::{
    Adjustment, Basis, Cents, IstatCode, MeasureCode, Method, Micros, Part, PartSize, Rounding, Rule, RuleBody,
    SimpleRule, share,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// The allocator of the server, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn measure(code: &str) -> MeasureCode {
    MeasureCode::parse(code).unwrap()
}

/// So many comuni with residents from 30 to about 100,000 and hours with decimals, always the same.
fn basis(comuni: u32) -> Basis {
    let code = |number: u32| IstatCode::parse(&format!("{number:06}")).unwrap();
    let mut basis = Basis::new((0..comuni).map(code).collect()).unwrap();
    let mut state: u64 = 0x9e37_79b9;
    for number in 0..comuni {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let residents = 30 + i64::try_from(state >> 40).unwrap() % 100_000;
        let hours = i64::try_from(state >> 30).unwrap() % 900_000_000;
        basis.set(&measure("RESIDENTS"), code(number), Micros(residents * 1_000_000)).unwrap();
        basis.set(&measure("HOURS"), code(number), Micros(hours)).unwrap();
    }
    basis
}

fn by(code: &str) -> Method {
    Method::ByMeasure { measure: measure(code) }
}

/// 60% by residents, the rest by hours.
fn mixed() -> Rule {
    let part = |size, method| Part { size, rule: SimpleRule::new(method) };
    Rule {
        body: RuleBody::Mixed(vec![
            part(PartSize::Percent(Micros::whole(60)), by("RESIDENTS")),
            part(PartSize::Remainder, by("HOURS")),
        ]),
        rounding: Rounding::LargestRemainder,
    }
}

/// By residents, every tenth comune with a minimum and every tenth with a maximum.
fn bounded(basis: &Basis, amount: Cents) -> Rule {
    let fair = amount.get() / i64::try_from(basis.comuni().len()).unwrap();
    let mut simple = SimpleRule::new(by("RESIDENTS"));
    for (number, comune) in basis.comuni().iter().enumerate() {
        let (minimum, maximum) = match number % 10 {
            0 => (Some(Cents(fair / 2)), None),
            5 => (None, Some(Cents(fair * 3 / 2))),
            _ => continue,
        };
        let own = Adjustment { minimum, maximum, ..Adjustment::default() };
        simple.adjustments.insert(*comune, own);
    }
    Rule { body: RuleBody::Simple(simple), rounding: Rounding::LargestRemainder }
}

fn one_amount(c: &mut Criterion) {
    let basis = basis(8_000);
    let amount = Cents::parse("100000.00").unwrap();
    let mut group = c.benchmark_group("100,000.00 euro among 8,000 comuni");
    for (name, rule) in
        [("by residents", Rule::simple(by("RESIDENTS"))), ("mixed", mixed()), ("bounded", bounded(&basis, amount))]
    {
        group.bench_function(name, |b| b.iter(|| share(black_box(amount), &rule, &basis).unwrap()));
    }
    group.finish();
}

fn national(c: &mut Criterion) {
    let basis = basis(8_000);
    let rule = mixed();
    let mut group = c.benchmark_group("national size");
    group.sample_size(10);
    group.bench_function("13 services x 8,000 comuni x 10 years, mixed", |b| {
        b.iter(|| {
            for budget in 0..130 {
                let amount = Cents(4_000_000_000 + budget * 7_654_321);
                black_box(share(black_box(amount), &rule, &basis).unwrap());
            }
        });
    });
    group.finish();
}

fn growth(c: &mut Criterion) {
    let amount = Cents::parse("100000000.00").unwrap();
    for (name, kind) in [("by residents", 0), ("mixed", 1), ("bounded", 2)] {
        let mut group = c.benchmark_group(format!("growth, {name}"));
        for comuni in [20, 200, 2_000, 8_000, 20_000, 80_000] {
            let basis = basis(comuni);
            let rule = match kind {
                0 => Rule::simple(by("RESIDENTS")),
                1 => mixed(),
                _ => bounded(&basis, amount),
            };
            group.throughput(Throughput::Elements(u64::from(comuni)));
            group.bench_function(BenchmarkId::from_parameter(comuni), |b| {
                b.iter(|| share(black_box(amount), &rule, &basis).unwrap());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, one_amount, national, growth);
criterion_main!(benches);
