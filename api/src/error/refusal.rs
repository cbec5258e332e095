//! Refusals: what a rule of the domain says no to, and what it says where nobody says it more exactly.

use std::borrow::Cow;
use std::fmt;

use super::{Code, Sentence};

/// A rule of the domain that refuses: what was asked for is understood, and cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One of the codes of payloads: `NO_BASIS`, `OVERFLOW`, `DUPLICATE` ...
    pub code: Code,
    /// Why, naming what is meant.
    pub message: Sentence,
    /// Code of the service it is about.
    pub service: Option<String>,
    /// ISTAT code of the comune it is about.
    pub comune: Option<String>,
    /// The argument to change.
    pub argument: Option<String>,
}

impl Refusal {
    /// A refusal that says what its code says, and names nothing yet.
    pub fn new(code: Code) -> Self {
        Self { code, message: refusal_sentence(code), service: None, comune: None, argument: None }
    }

    /// Says it more exactly.
    pub fn message(mut self, it: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        self.message = Sentence::new(it, en);
        self
    }

    /// Names the service by its code.
    pub fn service(mut self, code: impl fmt::Display) -> Self {
        self.service = Some(code.to_string());
        self
    }

    /// Names the comune by its ISTAT code.
    pub fn comune(mut self, istat_code: impl fmt::Display) -> Self {
        self.comune = Some(istat_code.to_string());
        self
    }

    /// Names the argument.
    pub fn argument(mut self, argument: impl fmt::Display) -> Self {
        self.argument = Some(argument.to_string());
        self
    }
}

/// What a refusal says where nobody says it more exactly.
fn refusal_sentence(code: Code) -> Sentence {
    let (it, en) = match code {
        Code::NotFound => ("Non trovato.", "Not found."),
        Code::Forbidden => ("Operazione non consentita.", "This is not allowed."),
        Code::VersionConflict => ("Nel frattempo è cambiato.", "It has changed in the meantime."),
        Code::PlanImmutable => ("Un piano approvato non si modifica.", "An approved plan does not change."),
        Code::PlanUnbalanced => ("I conti del piano non quadrano.", "The plan's sums do not hold."),
        Code::IllegalTransition => ("Passaggio di stato non ammesso.", "The plan cannot move to that status."),
        Code::ResolutionRequired => ("Per approvare serve la deliberazione.", "A resolution is needed to approve."),
        Code::SamePerson => ("Chi propone non approva.", "Who proposed may not approve."),
        Code::NoBasis => ("Manca la base di riparto, o è nulla.", "There is no basis to share by, or it is zero."),
        Code::InfeasibleBounds => (
            "Minimi e massimi non consentono di ripartire l'importo.",
            "Minimums and maximums leave no way to share the amount.",
        ),
        Code::FundingExceedsBudget => ("Le coperture superano il budget.", "The funding is above the budget."),
        Code::Duplicate => ("Esiste già.", "It exists already."),
        Code::Overflow => ("Numero troppo grande.", "A number is too large."),
        Code::NoBudget => ("Il piano non ha alcun budget.", "The plan has no budget."),
        Code::NoRule => ("Manca il criterio di riparto.", "There is no cost-sharing rule."),
        Code::NoParticipants => ("Nessun comune aderisce al servizio.", "No comune takes part in the service."),
        Code::NotAMember => ("Il comune non fa parte dell'Ambito.", "The comune is not a member of the Ambito."),
        Code::InstalmentsUnbalanced => ("Le rate non sommano a 100.", "The instalments do not add up to 100."),
        _ => of_agreements(code),
    };
    Sentence::new(it, en)
}

/// The same of what hangs on agreements and benefits.
fn of_agreements(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::VatMismatch => {
            ("Imponibile, IVA e totale non tornano.", "Net amount, VAT and gross amount do not fit together.")
        }
        Code::OutsidePeriod => ("La data è fuori dal periodo.", "The day lies outside the period."),
        Code::OutsideAgreement => ("Non fa parte della convenzione.", "It is no part of the agreement."),
        Code::AboveLine => ("Supera quanto resta della voce.", "It is more than the line has left."),
        Code::DocumentRequired => ("Serve il documento della spesa.", "The document of the cost is needed."),
        Code::DocumentUsed => {
            ("Il documento è già stato rendicontato.", "The document was used for another cost already.")
        }
        Code::VersionsOverlap => ("Le versioni si sovrappongono.", "The versions overlap."),
        Code::BeyondBudget => ("Supera quanto resta dello stanziamento.", "It is more than the budget has left."),
        Code::PersonalData => ("Il codice sembra un dato personale.", "The code looks like personal data."),
        Code::UnknownMission => (
            "La missione e programma non è nell'elenco del D.Lgs. 118/2011.",
            "The mission and programme is not in the list of D.Lgs. 118/2011.",
        ),
        Code::BelowCommitments => {
            ("Il budget è inferiore agli impegni delle convenzioni.", "The budget is below what agreements commit.")
        }
        _ => ("Il valore non è ammesso.", "The value is not allowed."),
    }
}
