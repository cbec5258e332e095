//! The words of steps: kinds, labels, formulas, inputs and units. Kinds are for programs and never translated.

use allocation::{Formula, InputName, Step, StepKind, Unit};

use crate::graphql::language::Language;

/// The kind of a step, for programs.
pub(super) fn kind(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Budget => "BUDGET",
        StepKind::Funding => "FUNDING",
        StepKind::MunicipalShare => "MUNICIPAL_SHARE",
        StepKind::Part => "PART",
        StepKind::Exempt => "EXEMPT",
        StepKind::Fixed => "FIXED",
        StepKind::Basis => "BASIS",
        StepKind::Weight => "WEIGHT",
        StepKind::Proportion => "PROPORTION",
        StepKind::ExactQuota => "EXACT_QUOTA",
        StepKind::Bound => "BOUND",
        StepKind::Rounding => "ROUNDING",
    }
}

/// What a step is about, for people.
pub(super) fn label(step: &Step, language: Language) -> String {
    let (it, en) = match step.kind {
        StepKind::Budget => ("Budget di gestione", "Budget"),
        StepKind::Funding => ("Copertura", "Funding"),
        StepKind::MunicipalShare => ("Quota dei Comuni", "Municipal share"),
        StepKind::Part => ("Importo della parte", "Size of the part"),
        StepKind::Exempt => ("Comune esente", "Exempt comune"),
        StepKind::Fixed => ("Importo fisso", "Fixed amount"),
        StepKind::Basis => ("Base di riparto", "Basis"),
        StepKind::Weight => ("Peso", "Weight"),
        StepKind::Proportion => ("Proporzione", "Proportion"),
        StepKind::ExactQuota => ("Quota esatta", "Exact quota"),
        StepKind::Bound => ("Minimo o massimo", "Minimum or maximum"),
        StepKind::Rounding => ("Arrotondamento al centesimo", "Rounding to the cent"),
    };
    let mut label = language.choose(it, en).to_owned();
    if let Some(subject) = &step.subject {
        label = format!("{label} {subject}");
    }
    if let Some(part) = step.part {
        let of = language.choose("parte", "part");
        label = format!("{label} ({of} {})", part + 1);
    }
    label
}

/// How a step's value follows from its inputs, in the names of the inputs.
pub(super) fn formula(step: &Step, language: Language) -> String {
    let names: Vec<String> =
        step.inputs.iter().map(|value| input(value.name, value.subject.as_deref(), language)).collect();
    let name = |at: usize| names.get(at).map_or("", String::as_str);
    match step.formula {
        Formula::Zero => "0".to_owned(),
        Formula::Given => names.join(", "),
        Formula::Difference => names.join(" - "),
        Formula::Sum => names.join(" + "),
        Formula::Product => names.join(" x "),
        Formula::SumOfProducts => names.chunks(2).map(|pair| pair.join(" x ")).collect::<Vec<_>>().join(" + "),
        Formula::Quotient => names.join(" / "),
        Formula::ProductOverSum => format!("{} x {} / {}", name(0), name(1), name(2)),
        Formula::PercentOf => format!("{} x {} / 100", name(0), name(1)),
        Formula::Clamp => {
            let within = language.choose("entro", "within");
            format!("{} {within} {}", name(0), names.iter().skip(1).cloned().collect::<Vec<_>>().join(", "))
        }
        Formula::BandOf => {
            let of = language.choose("della fascia in cui cade", "of the band that holds");
            format!("{} {of} {}", names.last().map_or("", String::as_str), name(0))
        }
        Formula::HalfUp => language.choose(
            format!("{} arrotondata al centesimo (mezzo centesimo in su)", name(0)),
            format!("{} rounded to the cent, half a cent up", name(0)),
        ),
        Formula::LargestRemainder => language.choose(
            format!("{} troncata al centesimo, più un centesimo se {} non supera {}", name(0), name(2), name(1)),
            format!("{} cut to the cent, and one cent more if {} is not above {}", name(0), name(2), name(1)),
        ),
    }
}

/// The name of an input.
pub(super) fn input(name: InputName, subject: Option<&str>, language: Language) -> String {
    let (it, en) = match name {
        InputName::Budget => ("budget", "budget"),
        InputName::Funding => ("copertura", "funding"),
        InputName::QuotaTotal => ("totale delle quote", "sum of the quotas"),
        InputName::MunicipalShare => ("quota dei Comuni", "municipal share"),
        InputName::PartSize => ("importo della parte", "size of the part"),
        InputName::OtherParts => ("altre parti", "other parts"),
        InputName::Percentage => ("percentuale", "percentage"),
        InputName::FixedOfOthers => ("importi fissi di altri comuni", "fixed amounts of other comuni"),
        InputName::AtBounds => ("quote al minimo o al massimo", "quotas at a minimum or maximum"),
        InputName::SharedAmount => ("importo da ripartire", "amount to share"),
        InputName::Basis => ("base di riparto", "basis"),
        InputName::FixedWeight => ("peso fisso", "fixed weight"),
        InputName::BandFrom => ("fascia da oltre", "band above"),
        InputName::BandUpTo => ("fascia fino a", "band up to"),
        InputName::BandWeight => ("peso della fascia", "weight of the band"),
        InputName::BandAmount => ("importo della fascia", "amount of the band"),
        InputName::BandStretch => ("tratto nella fascia", "stretch in the band"),
        InputName::Multiplier => ("moltiplicatore", "multiplier"),
        InputName::Weight => ("peso", "weight"),
        InputName::WeightTotal => ("somma dei pesi", "sum of the weights"),
        InputName::Participants => ("comuni che ripartiscono", "comuni that share"),
        InputName::Price => ("prezzo", "price"),
        InputName::ExactQuota => ("quota esatta", "exact quota"),
        InputName::PartQuota => ("quota della parte", "quota of the part"),
        InputName::Minimum => ("minimo", "minimum"),
        InputName::Maximum => ("massimo", "maximum"),
        InputName::FixedAmount => ("importo fisso", "fixed amount"),
        InputName::LeftoverCents => ("centesimi rimasti", "cents left over"),
        InputName::Rank => ("posto del resto", "rank of the remainder"),
    };
    let name_in_words = language.choose(it, en);
    match subject {
        // Parts are counted from 1 by people.
        Some(part) if name == InputName::PartQuota => {
            format!(
                "{name_in_words} {}",
                part.parse::<usize>().map_or_else(|_| part.to_owned(), |part| (part + 1).to_string())
            )
        }
        Some(subject) => format!("{name_in_words} {subject}"),
        None => name_in_words.to_owned(),
    }
}

/// The name of a unit.
pub(super) fn unit(unit: Unit, measure: Option<&str>, language: Language) -> String {
    let (it, en) = match unit {
        Unit::Euro => ("EUR", "EUR"),
        Unit::EuroPerUnit => {
            let per = measure_unit(measure, language);
            return format!("EUR/{per}");
        }
        Unit::Percent => ("%", "%"),
        Unit::Measure => return measure_unit(measure, language),
        Unit::Weight => ("peso", "weight"),
        Unit::Ratio => ("rapporto", "ratio"),
        Unit::Comuni => ("comuni", "comuni"),
        Unit::Cents => ("centesimi", "cents"),
        Unit::Place => ("posto", "place"),
    };
    language.choose(it, en).to_owned()
}

/// The unit of a known measure; the code of one that an Ambito has added.
pub(super) fn measure_unit(measure: Option<&str>, language: Language) -> String {
    let Some(code) = measure else { return language.choose("unità", "unit").to_owned() };
    let (it, en) = match code {
        "RESIDENTS" | "RESIDENTS_0_17" | "RESIDENTS_18_64" | "RESIDENTS_65_PLUS" | "RESIDENTS_75_PLUS" => {
            ("abitanti", "residents")
        }
        "HOURS" => ("ore", "hours"),
        "ENTRUSTED_HOURS" => ("ore affidate", "entrusted hours"),
        "CASES" => ("casi", "cases"),
        "ACCESSES" => ("accessi", "accesses"),
        "DAYS" => ("giorni", "days"),
        "AREA_KM2" => ("km2", "km2"),
        "INCOME_PER_HEAD" => ("EUR", "EUR"),
        own => return own.to_owned(),
    };
    language.choose(it, en).to_owned()
}

/// The English name of a known measure; the code of one that an Ambito has added.
pub(super) fn measure_in_english(code: &str) -> String {
    match code {
        "RESIDENTS" => "residents",
        "RESIDENTS_0_17" => "residents up to 17",
        "RESIDENTS_18_64" => "residents from 18 to 64",
        "RESIDENTS_65_PLUS" => "residents of 65 and over",
        "RESIDENTS_75_PLUS" => "residents of 75 and over",
        "HOURS" => "hours delivered",
        "ENTRUSTED_HOURS" => "hours entrusted",
        "CASES" => "cases",
        "ACCESSES" => "accesses",
        "DAYS" => "days",
        "AREA_KM2" => "area",
        "INCOME_PER_HEAD" => "income per head",
        own => own,
    }
    .to_owned()
}
