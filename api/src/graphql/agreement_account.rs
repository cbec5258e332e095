//! What all reports of expenses under an agreement come to (conto delle rendicontazioni), line by line and together.

use allocation::Cents;
use async_graphql::{Context, SimpleObject};

use super::database::database;
use super::scalars::Euro;
use super::sight::sight;
use super::writing::writing;
use crate::error::Result;
use crate::store::expense::{self, AskedAccount, LineAccount};

/// What the reports of expenses under an act of an agreement come to (conto delle rendicontazioni). Every amount is the sum of its `lines`; drafts count for nothing.
#[derive(SimpleObject)]
pub struct AgreementAccount {
    /// Number of the version whose lines these are: the last of the act that is in effect; to a partner, the last that names it (numero di versione).
    pub version: i32,
    /// The lines of that version, at most 1,000, and any other that was charged before an amendment took it away, by year and code (voci).
    pub lines: Vec<AgreementAccountLine>,
    /// What the lines have, with VAT (importo delle voci).
    pub budget: Euro,
    /// What was charged to them (importo rendicontato).
    pub reported: Euro,
    /// What of that was admitted (importo ammesso).
    pub admitted: Euro,
    /// What of that was refused (importo non ammesso).
    pub refused: Euro,
    /// What is admitted and within the lines (importo rimborsabile).
    pub reimbursable: Euro,
    /// What was paid (importo liquidato).
    pub paid: Euro,
    /// What the lines have beyond what was admitted. None to a partner where the agreement has others: it would tell what they were admitted (importo residuo).
    pub remaining: Option<Euro>,
}

/// A line of an agreement as all reports use it (voce rendicontata nell'accordo); to a partner, as its own reports do.
#[derive(SimpleObject)]
pub struct AgreementAccountLine {
    /// Code of the line (codice).
    pub code: String,
    /// The year (anno).
    pub year: i32,
    /// What it pays for (voce).
    pub item: Option<String>,
    /// Its amount with VAT; zero where the version has no such line (importo della voce).
    pub budget: Euro,
    /// What was charged to it by reports that were submitted (importo rendicontato).
    pub reported: Euro,
    /// What of that was admitted, in reviews that are not at their end as well (importo ammesso).
    pub admitted: Euro,
    /// What of that was refused (importo non ammesso).
    pub refused: Euro,
    /// What is admitted and within the line; what was paid stays so, though an amendment lowered the line since (importo rimborsabile).
    pub reimbursable: Euro,
    /// What was paid (importo liquidato).
    pub paid: Euro,
    /// The line's amount less what was admitted of it; below zero where an amendment lowered it since, or several reviews have admitted more than it has. None to a
    /// partner where the agreement has others: it would tell what they were admitted (importo residuo).
    pub remaining: Option<Euro>,
}

/// What the reports of an agreement come to, of the lines of one year or of all; none for whoever reads no reports of it.
pub(super) async fn account(
    ctx: &Context<'_>,
    asked: AskedAccount,
    year: Option<i32>,
) -> Result<Option<AgreementAccount>> {
    let sight = sight(ctx)?;
    let Some(permit) = sight.asker().read_expenses() else { return Ok(None) };
    let found = if let Some(writing) = writing(ctx) {
        writing.agreement_account(&permit, asked).await?
    } else {
        let store = database(ctx)?;
        let read = |asked: Vec<AskedAccount>| async move { expense::account_of(store, &permit, &asked).await };
        sight.expense_reports().accounts.of(asked, read).await?
    };
    found.map(|account| AgreementAccount::new(&account, year)).transpose()
}

impl AgreementAccount {
    /// The account, and the sums of its lines; only those of a year where one is given.
    fn new(account: &expense::AgreementAccount, year: Option<i32>) -> Result<Self> {
        let lines: Vec<&LineAccount> =
            account.lines.iter().filter(|line| year.is_none_or(|year| line.year == year)).collect();
        let sum = |amount: fn(&LineAccount) -> Cents| Cents::sum(lines.iter().map(|line| amount(line))).map(Euro);
        let (budget, admitted) = (sum(|line| line.budget)?, sum(|line| line.admitted)?);
        let remaining = budget.0.checked_sub(admitted.0)?;
        Ok(Self {
            version: account.version,
            lines: lines.iter().map(|line| AgreementAccountLine::new(line)).collect(),
            budget,
            reported: sum(|line| line.reported)?,
            admitted,
            refused: sum(|line| line.refused)?,
            reimbursable: sum(|line| line.reimbursable)?,
            paid: sum(|line| line.paid)?,
            remaining: account.tells_remaining.then_some(Euro(remaining)),
        })
    }
}

impl AgreementAccountLine {
    fn new(line: &LineAccount) -> Self {
        Self {
            code: line.code.clone(),
            year: line.year,
            item: line.item.clone(),
            budget: Euro(line.budget),
            reported: Euro(line.reported),
            admitted: Euro(line.admitted),
            refused: Euro(line.refused),
            reimbursable: Euro(line.reimbursable),
            paid: Euro(line.paid),
            remaining: line.remaining.map(Euro),
        }
    }
}
