//! Applications for benefits (domande), and their place in a ranking, which explains itself.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::NaiveDate;

use super::benefit_measure::BenefitMeasure;
use super::comune::Comune;
use super::direct::by_library;
use super::enums::BenefitApplicationStatus;
use super::id::Key;
use super::language::Language;
use super::scalars::{Date, DateTime};
use super::sight::Sight;
use crate::error::{Error, Result};
use crate::store::benefit::list::{Applied, Neighbour, Ranked};

/// What somebody asked for (domanda di titolo sociale).
#[derive(Clone, SimpleObject)]
pub struct BenefitApplication {
    /// Opaque identifier (identificativo).
    pub id: ID,
    /// The measure (misura).
    pub measure: BenefitMeasure,
    /// Comune of residence (Comune di residenza).
    pub comune: Comune,
    /// Pseudonym of the case, unique in its comune (codice del caso).
    pub case: String,
    /// The day of the application (data della domanda).
    pub applied_on: Date,
    /// Points under the measure's criteria (punteggio).
    pub points: i32,
    /// What gives them (punteggi).
    pub scores: Vec<BenefitScore>,
    /// What became of it (stato).
    pub status: BenefitApplicationStatus,
    /// Why it was rejected or withdrawn (motivo).
    pub reason: Option<String>,
    /// When it was recorded (registrata il).
    pub recorded_at: DateTime,
    /// Counts its changes: what an act names as `expectedVersion` (revisione).
    pub revision: i32,
}

/// What a criterion gives to an application (punteggio).
#[derive(Clone, SimpleObject)]
pub struct BenefitScore {
    /// Code of the criterion (criterio).
    pub criterion: String,
    /// What is looked at (descrizione).
    pub name: String,
    /// How often it applies (volte).
    pub times: i32,
    /// Points for all of these times (punti).
    pub points: i32,
}

/// What places an application before or behind the next one (elemento decisivo). This list may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum RankingDecision {
    /// Its points: neither neighbour has as many (punteggio).
    Points,
    /// Its day, of equal points (data della domanda).
    Day,
    /// The order of receipt, of equal points and day (ordine di registrazione).
    Receipt,
    /// It is not told: applications beside it are of other comuni, of which the asker is told nothing (dato oscurato).
    Withheld,
}

/// An application that waits, with its place (posizione in graduatoria).
#[derive(Clone, SimpleObject)]
pub struct RankedApplication {
    /// Its place among all that wait for the measure, from 1 (posizione).
    pub rank: i32,
    /// Its points (punteggio).
    pub points: i32,
    /// The day of it (data della domanda).
    pub applied_on: Date,
    /// The application (domanda).
    pub application: BenefitApplication,
    /// What places it; to a comune it is told only among its own residents (elemento decisivo).
    pub decided_by: RankingDecision,
    /// Why it has this place, in sentences, in the language of the request (spiegazione).
    pub explanation: String,
}

impl BenefitApplication {
    pub(super) fn new(sight: &Sight, applied: &Applied) -> Result<Self> {
        let Applied { row, scores } = applied;
        let measure = sight.benefit_measure(row.benefit_measure_id);
        let (_, measure) = measure.ok_or_else(|| Error::broken("measure of benefit application", row.id))?;
        let comune = sight.book().comune(row.comune_id);
        let score = |score: &entity::benefit_score::Model| {
            let criterion = measure.criteria.iter().find(|own| own.id == score.criterion_id);
            let criterion = criterion.ok_or_else(|| Error::broken("criterion of benefit score", score.id))?;
            let (times, points) = (score.times, score.points);
            Ok(BenefitScore { criterion: criterion.code.clone(), name: criterion.name.clone(), times, points })
        };
        Ok(Self {
            id: Key::BenefitApplication(applied.reference()).id(),
            measure: BenefitMeasure(measure.clone()),
            comune: Comune(comune.ok_or_else(|| Error::broken("comune of benefit application", row.id))?.clone()),
            case: row.case_code.clone(),
            applied_on: Date(row.applied_on),
            points: row.points,
            scores: scores.iter().map(score).collect::<Result<_>>()?,
            status: row.status.into(),
            reason: row.reason.clone(),
            recorded_at: DateTime(row.recorded_at),
            revision: row.row_version,
        })
    }
}

impl RankedApplication {
    /// As it is told to whoever sees the residents of one comune only, or of all.
    pub(super) fn new(sight: &Sight, ranked: &Ranked, only: Option<i64>) -> Result<Self> {
        let row = &ranked.applied.row;
        let application = BenefitApplication::new(sight, &ranked.applied)?;
        let (decided_by, sentence) = decision((row.points, row.applied_on), (ranked.above, ranked.below), only);
        let language = sight.language();
        let explanation = format!("{} {}", counted(&application, language), language.choose(sentence.0, sentence.1));
        Ok(Self {
            rank: i32::try_from(ranked.place).map_err(Error::internal)?,
            points: row.points,
            applied_on: Date(row.applied_on),
            application,
            decided_by,
            explanation,
        })
    }
}

/// How the points come about: `ISEE 1 x 10 = 10, FIGLI 3 x 5 = 15: 25 points.`
fn counted(application: &BenefitApplication, language: Language) -> String {
    let line = |score: &BenefitScore| {
        let each = score.points.checked_div(score.times).unwrap_or(0);
        format!("{} {} x {each} = {}", score.criterion, score.times, score.points)
    };
    let lines: Vec<String> = application.scores.iter().map(line).collect();
    let (total, day) = (application.points, application.applied_on.0);
    let sum =
        language.choose(format!("{total} punti, domanda del {day}."), format!("{total} points, application of {day}."));
    if lines.is_empty() { sum } else { format!("{}: {sum}", lines.join(", ")) }
}

/// What decides between an application and those beside it: the one before it first, since that is whom it gives way to. Nothing of the others is told but that they are alike; and to whoever sees the residents
/// of `only` one comune not even that of others.
fn decision(
    own: (i32, NaiveDate),
    (above, below): (Option<Neighbour>, Option<Neighbour>),
    only: Option<i64>,
) -> (RankingDecision, (&'static str, &'static str)) {
    let is_seen = |other: &Neighbour| only.is_none_or(|comune| comune == other.comune);
    let is_told_above = above.is_some_and(|other| is_seen(&other) && other.points == own.0);
    let is_hidden = |other: Option<Neighbour>| other.is_some_and(|other| !is_seen(&other));
    if !is_told_above && (is_hidden(above) || is_hidden(below)) {
        return (
            RankingDecision::Withheld,
            (
                "Il posto è tra tutte le domande in attesa; di quelle vicine, di altri Comuni, non si dice nulla.",
                "The place is among all applications that wait; of those beside it, which are of other comuni, nothing is told.",
            ),
        );
    }
    let (above, below) = (above.map(|other| (other.points, other.day)), below.map(|other| (other.points, other.day)));
    let is_tied = |other: &(i32, NaiveDate)| other.0 == own.0;
    match (above.filter(is_tied), below.filter(is_tied)) {
        (Some(other), _) if other.1 == own.1 => (
            RankingDecision::Receipt,
            (
                "A pari punti e data, la domanda al posto precedente è stata registrata prima.",
                "Of equal points and day, the application one place before was recorded earlier.",
            ),
        ),
        (Some(_), _) => (
            RankingDecision::Day,
            (
                "A pari punti, la domanda al posto precedente è di un giorno anteriore.",
                "Of equal points, the application one place before is of an earlier day.",
            ),
        ),
        (None, Some(other)) if other.1 == own.1 => (
            RankingDecision::Receipt,
            (
                "A pari punti e data con la domanda al posto seguente, è stata registrata prima.",
                "Of equal points and day with the application one place behind, it was recorded earlier.",
            ),
        ),
        (None, Some(_)) => (
            RankingDecision::Day,
            (
                "A pari punti con la domanda al posto seguente, è di un giorno anteriore.",
                "Of equal points with the application one place behind, it is of an earlier day.",
            ),
        ),
        (None, None) => {
            (RankingDecision::Points, ("Decide il punteggio: nessuna parità.", "The points decide: there is no tie."))
        }
    }
}

by_library!(BenefitApplication);

by_library!(RankedApplication);
