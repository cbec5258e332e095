//! The enumerations of the API, each with its twin in the rows.

use async_graphql::Enum;
use entity::kinds;

/// What a plan is for (tipo di piano). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::PlanKind")]
pub enum PlanKind {
    /// The plan before the year (previsione).
    Forecast,
    /// A change during the year (variazione, assestamento).
    Amendment,
    /// The plan after the year, on actual costs (consuntivo).
    Final,
}

/// Where a plan stands (stato del piano). A closed list; nothing leaves `APPROVED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::PlanStatus")]
pub enum PlanStatus {
    /// Being prepared (bozza).
    Draft,
    /// Put before the assembly (proposto).
    Proposed,
    /// Approved by a resolution, binding, and never changed again (approvato).
    Approved,
    /// Given up (ritirato).
    Withdrawn,
}

/// How a line is taxed (regime IVA). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::VatRegime")]
pub enum VatRegime {
    /// At a rate in percent (aliquota).
    Rate,
    /// Exempt (esente).
    Exempt,
    /// Out of the tax's scope (fuori campo).
    OutOfScope,
}

/// Whose money a fund is (livello di finanziamento). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "kinds::FundLevel")]
pub enum FundLevel {
    /// The European Union's (Unione europea).
    Europe,
    /// The State's (Stato).
    State,
    /// The Region's (Regione).
    Region,
    /// The comuni's own quotas (Comuni).
    Comuni,
    /// A partner's (partner).
    Partner,
    /// The users', as contributions to the cost (utenti).
    Users,
    /// Another source, or several (altro).
    Other,
}

/// How a rule divides the municipal share (criterio di riparto). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum RuleKind {
    /// The same for each comune (parti uguali).
    Equal,
    /// In proportion to a measure (in proporzione a una misura).
    ByMeasure,
    /// In proportion to given weights (pesi fissi).
    ByFixedWeights,
    /// In proportion to the weight of the band that a measure falls in (pesi per fascia).
    ByBands,
    /// The amount of the band that a measure falls in (importo per fascia).
    FlatByBand,
    /// A price for each unit of a measure (tariffa).
    Tariff,
    /// Parts, each under a rule of its own (criterio misto).
    Mixed,
    /// Nobody has said yet: a draft whose service waits for its rule (da stabilire).
    Undecided,
}

/// How exact shares become whole cents (arrotondamento). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::Rounding")]
pub enum Rounding {
    /// Each share is cut to the cent; the cents left over go to the largest remainders (resti più alti). The sum is always the amount.
    LargestRemainder,
    /// Each share is rounded half up on its own (arrotondamento singolo); what the sum misses is published as the residue.
    HalfUpEach,
}

impl From<Rounding> for allocation::Rounding {
    fn from(rounding: Rounding) -> Self {
        match rounding {
            Rounding::LargestRemainder => Self::LargestRemainder,
            Rounding::HalfUpEach => Self::HalfUpEach,
        }
    }
}

impl From<allocation::Rounding> for Rounding {
    fn from(rounding: allocation::Rounding) -> Self {
        match rounding {
            allocation::Rounding::LargestRemainder => Self::LargestRemainder,
            allocation::Rounding::HalfUpEach => Self::HalfUpEach,
        }
    }
}

/// What a charge is (tipo di addebito). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::ChargeKind")]
pub enum ChargeKind {
    /// An instalment of the quota that the year's first act sets (rata).
    Instalment,
    /// What a later act of the year changes of it, over the instalments still to come (variazione).
    Amendment,
    /// The final quota less what was charged (conguaglio).
    Settlement,
}

/// How far a report of expenses has come (stato della rendicontazione). A closed list; nothing leaves `PAID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::ReportStatus")]
pub enum ExpenseReportStatus {
    /// Being written (bozza).
    Draft,
    /// Waiting for its review (presentata).
    Submitted,
    /// Being reviewed (in istruttoria).
    UnderReview,
    /// Reviewed, and to be paid (ammessa).
    Admitted,
    /// Paid, and never changed again (liquidata).
    Paid,
}

/// What the review said of an expense (esito). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::ExpenseStatus")]
pub enum ExpenseStatus {
    /// Nothing yet (da istruire).
    Reported,
    /// It is admitted, whole or in part (ammessa).
    Admitted,
    /// It is refused (respinta).
    Refused,
}

/// What a client is (ruolo). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::Role")]
pub enum Role {
    /// A comune's systems (Comune).
    Comune,
    /// A reporting tool (reportistica).
    Reporting,
    /// The managing body (azienda, ufficio di piano).
    Azienda,
    /// The assembly of mayors (Assemblea dei Sindaci).
    Assemblea,
    /// An auditor, the Region, the Ministry (revisore).
    Auditor,
    /// The administrator of clients and keys (amministratore).
    Admin,
    /// A partner of agreements (partner, ente gestore).
    Partner,
}

/// What an agreement is (tipo di accordo). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::AgreementKind")]
pub enum AgreementKind {
    /// A service contract (contratto di servizio).
    ServiceContract,
    /// A co-design agreement (convenzione di co-progettazione).
    CoDesign,
    /// A collaboration agreement (accordo di collaborazione).
    Collaboration,
    /// An entrustment (affidamento).
    Entrustment,
    /// A contract after a tender (appalto).
    Tender,
}

/// What made a version of an agreement (tipo di atto). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::VersionKind")]
pub enum VersionKind {
    /// Its first act (atto originario).
    Original,
    /// A change within its period (modifica).
    Amendment,
    /// A further period (rinnovo).
    Renewal,
}

/// Which amount of a line of an agreement was given (importo di partenza). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::TermGiven")]
pub enum TermGiven {
    /// The net amount (imponibile).
    Net,
    /// The gross amount (importo lordo).
    Gross,
    /// Neither: its parts add up to it (somma delle componenti).
    Parts,
}

/// How a part of a line is worked out (modalità di calcolo). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::PartGiven")]
pub enum PartGiven {
    /// Months at a monthly fee without VAT (mesi per canone).
    Months,
    /// Hours at an hourly cost with VAT (ore per costo orario).
    Hours,
}

/// How far a milestone has come (stato della tappa). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MilestoneState {
    /// Nothing was reported (prevista).
    Planned,
    /// It began (avviata).
    Started,
    /// It is done (conclusa).
    Done,
}

/// The direction of an order (verso). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Smallest first (crescente).
    Asc,
    /// Largest first (decrescente).
    Desc,
}

/// Whom a service is for, as the yearly survey of the social expenditure of the comuni classifies it (area di utenza). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "kinds::TargetArea")]
pub enum TargetArea {
    /// Families and minors (famiglia e minori).
    FamilyMinors,
    /// People with disabilities (disabili).
    Disabled,
    /// People with addictions (dipendenze).
    Addictions,
    /// The elderly (anziani).
    Elderly,
    /// Migrants and nomads (immigrati e nomadi).
    Migrants,
    /// Poverty, adult hardship and homelessness (povertà, disagio adulti e senza dimora).
    Poverty,
    /// Several of them (multiutenza).
    Several,
}

/// What is done on a day that comes again (tipo di scadenza). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::RecurrenceKind")]
pub enum RecurrenceKind {
    /// The agreement is monitored (monitoraggio).
    Monitoring,
    /// The activity of the next year is planned by it (programmazione dell'anno successivo).
    Planning,
    /// The programme of the activity is drawn up (programma delle attività).
    Programme,
}

/// What became of an application for a benefit (stato della domanda). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::ApplicationStatus")]
pub enum BenefitApplicationStatus {
    /// It waits, and is ranked (in attesa).
    Waiting,
    /// It was granted (accolta).
    Granted,
    /// It was rejected (respinta).
    Rejected,
    /// It was withdrawn (ritirata).
    Withdrawn,
}

/// What became of a benefit (stato del titolo). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::GrantStatus")]
pub enum BenefitStatus {
    /// It is paid out (concesso).
    Granted,
    /// It is not paid out for the time being (sospeso).
    Suspended,
    /// It ended (cessato).
    Ended,
    /// It was taken back (revocato).
    Revoked,
}

/// What kind of answer a field of monitoring takes (tipo di campo). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::FieldKind")]
pub enum MonitoringFieldKind {
    /// Text (testo).
    Text,
    /// A number (numero).
    Number,
    /// An amount of money (importo).
    Euro,
    /// Yes or no (sì o no).
    YesNo,
}

/// How far a monitoring report has come (stato della relazione). A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::MonitoringStatus")]
pub enum MonitoringStatus {
    /// Being written (bozza).
    Draft,
    /// Submitted (trasmessa).
    Submitted,
}

/// Where a governing body stands (livello dell'organismo). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::BodyLevel")]
pub enum BodyLevel {
    /// It directs the whole (direzione).
    Direction,
    /// It coordinates the comune's own side (coordinamento comunale).
    Municipal,
    /// It directs the partners' side (direzione dei partner).
    Partner,
    /// It runs a programme (programma).
    Programme,
}

/// Whose side a seat of a governing body is of (parte). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kinds::BodySide")]
pub enum BodySide {
    /// A comune (Comune).
    Comune,
    /// The managing body (azienda).
    ManagingBody,
    /// A partner (partner).
    Partner,
    /// Anyone else (altri).
    Other,
}
