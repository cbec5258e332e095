//! What the arithmetic refuses, as refusals with the contract's codes and sentences for people.

use allocation::{BoundsFault, Error as Fault};

use crate::error::{Code, Error, Refusal};

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        // The server itself chose the outcome that it asked to explain.
        if fault == Fault::OutcomeOfAnotherCase {
            return Self::internal(fault);
        }
        let (it, en) = sentences(&fault);
        let mut refusal = Refusal::new(code(&fault)).message(it, en);
        if let Some(comune) = fault.comune() {
            refusal = refusal.comune(comune);
        }
        refusal.into()
    }
}

fn code(fault: &Fault) -> Code {
    match fault {
        Fault::NoBasis { .. } | Fault::NoWeight { .. } | Fault::ZeroWeights => Code::NoBasis,
        Fault::InfeasibleBounds { .. } | Fault::FixedAboveAmount => Code::InfeasibleBounds,
        Fault::FundingExceedsBudget { .. } => Code::FundingExceedsBudget,
        Fault::Unbalanced { .. } => Code::PlanUnbalanced,
        Fault::Overflow => Code::Overflow,
        Fault::DuplicateComune { .. } => Code::Duplicate,
        Fault::UnknownComune { .. } => Code::NotFound,
        Fault::NotAnAmount
        | Fault::NotANumber
        | Fault::NotAnIstatCode
        | Fault::NotAMeasureCode
        | Fault::NoParts
        | Fault::PercentagesOver100
        | Fault::PartsDoNotAddUp
        | Fault::TwoRemainders
        | Fault::TwoBalancing
        | Fault::BalancingNeedsFixedTotal
        | Fault::NotApplicable { .. }
        | Fault::Negative { .. }
        | Fault::BadBands
        | Fault::InstalmentsNot100
        | Fault::OutcomeOfAnotherCase => Code::Invalid,
    }
}

fn sentences(fault: &Fault) -> (String, String) {
    if let Some((it, en)) = fixed(fault) {
        return (it.to_owned(), en.to_owned());
    }
    match fault {
        Fault::NoBasis { measure, comune: Some(comune) } => (
            format!("Manca il valore di {measure} per il comune {comune}."),
            format!("The measure {measure} has no value for the comune {comune}."),
        ),
        Fault::NoBasis { measure, comune: None } => (
            format!("Nessun comune ha un valore di {measure}."),
            format!("The measure {measure} has no value for any comune."),
        ),
        Fault::NoWeight { comune } => {
            (format!("Manca il peso fisso del comune {comune}."), format!("The comune {comune} has no fixed weight."))
        }
        Fault::InfeasibleBounds { comune: Some(comune), .. } => (
            format!("Il minimo del comune {comune} supera il suo massimo."),
            format!("The minimum of the comune {comune} is above its maximum."),
        ),
        Fault::FundingExceedsBudget { amount, funding } => (
            format!("Le coperture ({funding} euro) superano il budget ({amount} euro)."),
            format!("The funding ({funding} euro) is above the budget ({amount} euro)."),
        ),
        Fault::Unbalanced { excess } => (
            format!("Quote e coperture superano il budget di {excess} euro."),
            format!("Quotas and funding are above the budget by {excess} euro."),
        ),
        Fault::NotApplicable { comune } => (
            format!("Il comune {comune} ha un prezzo proprio, ma il criterio non è una tariffa."),
            format!("The comune {comune} has a price of its own, but the rule is not a tariff."),
        ),
        Fault::DuplicateComune { comune } => {
            (format!("Il comune {comune} compare due volte."), format!("The comune {comune} was given twice."))
        }
        Fault::UnknownComune { comune } => {
            (format!("Il comune {comune} non aderisce."), format!("The comune {comune} does not take part."))
        }
        Fault::Negative { comune: Some(comune), .. } => (
            format!("Il comune {comune} ha un numero negativo dove non può averne."),
            format!("The comune {comune} has a negative number where none is allowed."),
        ),
        _ => ("Il valore non è ammesso.".to_owned(), "The value is not allowed.".to_owned()),
    }
}

/// The sentences that name nothing.
fn fixed(fault: &Fault) -> Option<(&'static str, &'static str)> {
    Some(match fault {
        Fault::ZeroWeights => (
            "La somma dei pesi è zero: l'importo non si può ripartire.",
            "The weights add up to zero, so the amount cannot be shared.",
        ),
        Fault::InfeasibleBounds { comune: None, fault } => match fault {
            BoundsFault::MaximumsBelowAmount => {
                ("I massimi insieme non arrivano all'importo.", "The maximums together are below the amount.")
            }
            BoundsFault::MinimumsAboveAmount | BoundsFault::MinimumAboveMaximum => {
                ("I minimi insieme superano l'importo.", "The minimums together are above the amount.")
            }
        },
        Fault::FixedAboveAmount => {
            ("Gli importi fissi superano l'importo da ripartire.", "The fixed amounts are above the amount to share.")
        }
        Fault::NoParts => ("Un criterio misto ha almeno una parte.", "A mixed rule has at least one part."),
        Fault::PercentagesOver100 => ("Le percentuali superano 100.", "The percentages are over 100."),
        Fault::PartsDoNotAddUp => (
            "Le parti non danno l'importo: serve una parte che prenda il resto.",
            "The parts do not add up to the amount: one of them has to take the remainder.",
        ),
        Fault::TwoRemainders => ("Una sola parte può prendere il resto.", "Only one part may take the remainder."),
        Fault::TwoBalancing => ("Un solo fondo può essere a pareggio.", "Only one fund may be balancing."),
        Fault::BalancingNeedsFixedTotal => (
            "Un fondo a pareggio richiede un criterio con totale proprio (tariffa, importi per fascia, importi fissi).",
            "A balancing fund needs a rule with a total of its own (tariff, amounts by band, fixed amounts).",
        ),
        Fault::Overflow => ("Il risultato è troppo grande.", "The result is too large."),
        Fault::BadBands => {
            ("Le fasce devono crescere e l'ultima essere aperta.", "The bands must ascend and the last one be open.")
        }
        Fault::InstalmentsNot100 => {
            ("Le rate non danno 100 per cento.", "The instalments do not add up to 100 percent.")
        }
        _ => return None,
    })
}
