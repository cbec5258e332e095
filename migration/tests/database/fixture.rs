//! A migrated database with a row in every table and two plans that have the same rows.

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use crate::support::{Engine, Place, texts};

/// The plan of the fixture that is approved.
pub(crate) const APPROVED: i64 = 1;
/// The plan of the fixture that stays a draft, with the same rows.
pub(crate) const DRAFT: i64 = 2;

/// A migrated database, gone when the test ends.
pub(crate) struct Database {
    /// As the program: on `PostgreSQL` the application's role, which everything is filled in by.
    pub(crate) connection: DatabaseConnection,
    /// On `PostgreSQL` the role that owns the tables.
    pub(crate) owner: DatabaseConnection,
    pub(crate) place: Place,
}

impl Database {
    /// Migrated; empty but for the known measures.
    pub(crate) async fn migrated(engine: Engine, name: &str) -> Result<Self, DbErr> {
        let place = Place::new(engine, name).await?;
        let owner = place.as_owner().await?;
        migration::migrate(&owner, place.role().as_deref()).await?;
        let connection = match engine {
            Engine::Sqlite => owner.clone(),
            Engine::Postgres => place.as_application().await?,
        };
        Ok(Self { connection, owner, place })
    }

    /// With a row in every table: plan 1 approved, plan 2 a draft.
    pub(crate) async fn filled(engine: Engine, name: &str) -> Result<Self, DbErr> {
        let database = Self::migrated(engine, name).await?;
        database.run(MASTER).await?;
        database.run(AGREEMENTS).await?;
        database.run(EXPENSES).await?;
        database.run(PEOPLE).await?;
        for plan in [APPROVED, DRAFT] {
            database.run(&draft(plan, plan)).await?;
            database.run(&rows_of_plan(plan)).await?;
        }
        database.run(&propose(APPROVED)).await?;
        database.run(&approve(APPROVED)).await?;
        database.run(BILLING).await?;
        Ok(database)
    }

    /// The engine.
    pub(crate) fn engine(&self) -> Engine {
        self.place.engine
    }

    /// Runs statements as the program; the number of rows that the last one changed.
    pub(crate) async fn run(&self, sql: &str) -> Result<u64, DbErr> {
        Ok(self.connection.execute_unprepared(sql).await?.rows_affected())
    }

    /// Runs statements as the owner; the number of rows that the last one changed.
    pub(crate) async fn run_as_owner(&self, sql: &str) -> Result<u64, DbErr> {
        Ok(self.owner.execute_unprepared(sql).await?.rows_affected())
    }

    /// The first column of each row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Result<Vec<String>, DbErr> {
        texts(&self.connection, sql).await
    }
}

/// An insert of a draft of the year 2020.
pub(crate) fn draft(id: i64, version: i64) -> String {
    format!(
        "INSERT INTO plan (id, ambito_id, year, kind, version, status, row_version, created_at) \
         VALUES ({id}, 1, 2020, 'FORECAST', {version}, 'DRAFT', 1, '2020-01-01T00:00:00Z')"
    )
}

/// Moves a draft to PROPOSED.
pub(crate) fn propose(plan: i64) -> String {
    format!(
        "UPDATE plan SET status = 'PROPOSED', proposed_by = 'azienda', \
         proposed_at = '2020-01-02T00:00:00Z' WHERE id = {plan}"
    )
}

/// Moves a proposed plan to APPROVED.
pub(crate) fn approve(plan: i64) -> String {
    format!(
        "UPDATE plan SET status = 'APPROVED', resolution_id = 1, digest = 'd1', approved_by = 'assemblea', \
         approved_at = '2020-01-03T00:00:00Z' WHERE id = {plan}"
    )
}

/// A row in every table that belongs to no plan.
const MASTER: &str = "
INSERT INTO ambito VALUES (1, 'A1', 'Ambito uno', 'Lombardia', 'BS', 'Azienda', NULL, 1),
  (2, 'A2', 'Ambito due', 'Lombardia', 'BS', 'Azienda', NULL, 1);
INSERT INTO comune VALUES (1, '017001', 'Acquafredda', 'A034', 'BS', 1), (2, '017004', 'Alfianello', NULL, 'BS', 1);
INSERT INTO membership VALUES (1, 1, 1, '2018-01-01', NULL, 1);
INSERT INTO programme VALUES (1, 1, 'Piano di zona', 2018, 2020, NULL, 1);
INSERT INTO fund VALUES (1, 1, 'FNPS', 'Fondo nazionale', 'STATE', 1), (2, 1, 'FSR', 'Fondo regionale', 'REGION', 1);
INSERT INTO measure VALUES (100, 1, 'BEDS', 'Posti', 'posti', FALSE, 1);
INSERT INTO service VALUES (1, 1, 'SAD', 'Assistenza domiciliare', 'Anziani', 'Azienda', '12.03', NULL, 1, NULL, NULL, 1, 'ELDERLY'),
  (2, 1, 'ADM', 'Assistenza minori', 'Minori', 'Azienda', NULL, NULL, 2, '8012345ABC', 'D51B19000120003', 1, NULL);
INSERT INTO service_target VALUES (1, 1, 1, 'Anziani soli');
INSERT INTO service_task VALUES (1, 1, 1, 'Cura della persona');
INSERT INTO indicator VALUES (1, 1, 1, 'Ore erogate', 'ore', 1000000, FALSE, 1, FALSE, 202001);
INSERT INTO indicator_past VALUES (1, 1, NULL, 202001, 'ore', 900000, FALSE);
INSERT INTO service_fund VALUES (1, 1, 1, 1);
INSERT INTO project VALUES (1, 1, 1, 'Progetto', '2019-2020', 100, NULL, NULL, 1, '2019-01-01', '2020-12-31', 5, 1);
INSERT INTO benefit_measure VALUES (1, 1, 1, 'Buono', 'buono', NULL, 1, '2020-01-01', '2020-12-31', 100000, NULL, 1);
INSERT INTO participation VALUES (1, 1, 1, '2018-01-01', '2020-12-31');
INSERT INTO measurement VALUES (1, 1, 1, NULL, 1500000000, '2019-12-31', 'ISTAT', FALSE, 1);
INSERT INTO resolution VALUES (1, 1, '12', '2020-01-03', 'Assemblea', NULL, FALSE, 1),
  (2, 1, '13', '2020-02-03', 'Assemblea', NULL, FALSE, 1);
INSERT INTO client VALUES (1, 'acquafredda', 'Comune', 'COMUNE', NULL, FALSE, 1, '2020-01-01T00:00:00Z', NULL, NULL);
INSERT INTO client_ambito VALUES (1, 1, 1);
INSERT INTO activity_import VALUES
  (1, 1, '1111111111111111111111111111111111111111111111111111111111111111', 'a.csv', 'azienda', '2020-01-01T00:00:00Z',
    1, 0, NULL);
INSERT INTO activity_month VALUES (1, 1, 1, 1, 202001, 6, 1, 1500000, 1, 1);
INSERT INTO activity VALUES (1, 1, 'C-000001', 1500000);
INSERT INTO idempotency_key VALUES (1, 'acquafredda', 'k-1', 'h', '{}', '2020-01-01T00:00:00Z');
INSERT INTO audit_event VALUES (1, '2020-01-01T00:00:00Z', 'azienda', 'CREATE', 'plan', NULL, 'd', '', 'h1'),
  (2, '2020-01-02T00:00:00Z', 'azienda', 'PROPOSE', 'plan', 'd', 'd', 'h1', 'h2');
INSERT INTO audit_head VALUES (1, 'h1', 'k', 's', '2020-01-01T00:00:00Z');
";

/// What the approved plan charged comune 1: two instalments of 300 cents, and a credit of 50. Of the first a payment settled 100, and of the
/// second the credit 20.
const BILLING: &str = "
INSERT INTO billing VALUES (1, 1, 1, 'INSTALMENT', FALSE, '2020-01-03', 2, 600, '12.03', NULL, NULL, 'Quota 2020'),
  (2, 1, 2, 'SETTLEMENT', FALSE, '2020-01-03', 1, -50, NULL, '8012345ABC', 'D51B19000120003', 'Conguaglio 2020');
INSERT INTO charge VALUES (1, 1, 1, 1, 1, '2020-06-30', 2020, 300), (2, 1, 2, 1, 2, '2020-12-31', 2020, 300),
  (3, 2, 1, 1, 1, '2020-12-31', 2020, -50);
INSERT INTO payment VALUES (1, 1, 1, '2020-06-01', 120, 'CRO 1', NULL, 'azienda', '2020-06-02T00:00:00Z');
INSERT INTO payment_match VALUES (1, 1, 1, NULL, 100), (2, 2, NULL, 3, 20);
";

/// Two rows in every table that belongs to a plan; their ids start at plan x 10.
fn rows_of_plan(p: i64) -> String {
    let (a, b) = (p * 10, p * 10 + 1);
    format!(
        "
INSERT INTO plan_instalment VALUES ({a}, {p}, 1, '2020-06-30', 50000000, FALSE),
  ({b}, {p}, 2, '2020-12-31', 50000000, FALSE);
INSERT INTO budget VALUES ({a}, {p}, 1, 1000, 600, 0, NULL, FALSE), ({b}, {p}, 2, 500, 500, 0, NULL, FALSE);
INSERT INTO budget_line VALUES ({a}, {p}, {a}, 1, 'Ore', 820, 180, 1000, 'RATE', 22000000, 'NET', 1),
  ({b}, {p}, {b}, 1, 'Ore', 500, 0, 500, 'EXEMPT', NULL, 'GROSS', NULL);
INSERT INTO funding VALUES ({a}, {p}, {a}, 1, 1, 400, FALSE, FALSE), ({b}, {p}, {a}, 2, 2, 0, TRUE, FALSE);
INSERT INTO participant VALUES ({a}, {p}, {a}, 1), ({b}, {p}, {b}, 1);
INSERT INTO rule VALUES
  ({a}, {p}, {a}, NULL, 1, 'MIXED', 'LARGEST_REMAINDER', NULL, FALSE, NULL, NULL, NULL, NULL, FALSE, NULL),
  ({b}, {p}, {a}, {a}, 1, 'BY_MEASURE', 'HALF_UP_EACH', 1, FALSE, NULL, 'REMAINDER', NULL, NULL, FALSE, NULL);
INSERT INTO rule_band VALUES ({a}, {p}, {a}, 1, 1000000, 500000, NULL), ({b}, {p}, {a}, 2, NULL, NULL, 7);
INSERT INTO rule_weight VALUES ({a}, {p}, {a}, 1, 1000000), ({b}, {p}, {b}, 1, 2000000);
INSERT INTO adjustment VALUES ({a}, {p}, {a}, 1, TRUE, NULL, NULL, NULL, NULL, NULL),
  ({b}, {p}, {b}, 1, FALSE, 500000, NULL, NULL, 1, 2);
INSERT INTO basis VALUES ({a}, {p}, {a}, 1, 1, 1500000000, '2019-12-31', 'ISTAT', FALSE),
  ({b}, {p}, {b}, 1, 1, 1500000000, '2019-12-31', 'ISTAT', FALSE);
INSERT INTO quota VALUES ({a}, {p}, {a}, 1, 600), ({b}, {p}, {b}, 1, 500);
"
    )
}

/// An agreement of two versions with partner 1: what the first holds, and one line of the second.
const AGREEMENTS: &str = "
INSERT INTO partner VALUES (1, 1, 'COOP', 'Cooperativa', '01234567890', 1), (2, 1, 'ALTRA', 'Altra', NULL, 1);
INSERT INTO client VALUES (2, 'coop', 'Coop', 'PARTNER', NULL, FALSE, NULL, '2020-01-01T00:00:00Z', NULL, 1);
INSERT INTO agreement VALUES (1, 1, 'COPROG', 'CO_DESIGN', 1);
INSERT INTO agreement_version VALUES
  (1, 1, 1, 'ORIGINAL', 'Convenzione', 'rep. 1', '2020-01-01', '2020-01-01', '2020-12-31', NULL, FALSE,
    '2222222222222222222222222222222222222222222222222222222222222222', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    'azienda', '2020-01-01T00:00:00Z', 1),
  (2, 1, 2, 'AMENDMENT', 'Convenzione', 'rep. 2', '2020-06-01', '2020-01-01', '2020-12-31', NULL, FALSE,
    '3333333333333333333333333333333333333333333333333333333333333333', 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    'azienda', '2020-06-01T00:00:00Z', 0);
INSERT INTO agreement_partner VALUES (1, 1, 1, 1), (2, 2, 1, 1);
INSERT INTO agreement_service VALUES (1, 1, 1, 1);
INSERT INTO agreement_area VALUES (1, 1, 1, '3', 'Area');
INSERT INTO agreement_line VALUES (1, 1, 1, 'L1', 2020, '3', 'Ore', 1, 'NET', 10000, 400, 10400, 'RATE', 4000000),
  (2, 2, 1, 'L1', 2020, '3', 'Ore', 1, 'NET', 20000, 800, 20800, 'RATE', 4000000);
INSERT INTO agreement_line_part VALUES (1, 1, 1, 1, 'Ore', 'HOURS', 4000000, 2600, 10000, 400, 10400, NULL);
INSERT INTO agreement_contribution VALUES (1, 1, 1, 2020, '3', NULL, 1, 1000000, 100);
INSERT INTO agreement_contribution_item VALUES (1, 1, 1, 1, 'Formazione', 100);
INSERT INTO agreement_instalment VALUES (1, 1, 1, 'saldo', '2020-01-01', '2020-12-31', '2020-12-31', 10400);
INSERT INTO agreement_milestone VALUES (1, 1, 1, 'M1', '3', 'Avvio', '2020-03-01', NULL);
INSERT INTO agreement_recurrence VALUES (1, 1, 1, 'MONITORING', 630, NULL);
INSERT INTO agreement_perimeter VALUES (1, 1, 1, 2020, 10400, 100);
INSERT INTO agreement_programme VALUES (1, 1, 1, 'P1', 'Programma', 2020, NULL, NULL);
INSERT INTO agreement_programme_year VALUES (1, 1, 1, 'P1', 2020, 10400, 100);
INSERT INTO milestone_progress VALUES (1, 1, 'M1', '2020-03-02', NULL, NULL, 1);
";

/// Report 1 was paid, with one expense admitted and one refused; report 2 is a draft.
const EXPENSES: &str = "
INSERT INTO expense_report VALUES
  (1, 1, 1, 1, '2020-01-01', '2020-03-31', 'DRAFT', NULL, 'coop', 'coop', '2020-04-01T00:00:00Z', 'azienda',
    '2020-04-02T00:00:00Z', NULL, NULL, NULL, NULL, 1, 1),
  (2, 1, 1, 2, '2020-04-01', '2020-06-30', 'DRAFT', NULL, 'coop', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);
INSERT INTO expense VALUES
  (1, 1, 1, '2020-02-01', 'personale', NULL, 'L1', 1000, 40, 1040, 'RATE', 4000000, FALSE, 1040, 'busta 1', 'busta1',
    '4444444444444444444444444444444444444444444444444444444444444444', 'REPORTED', NULL, NULL, 'coop', NULL),
  (2, 1, 2, '2020-02-02', 'beni', NULL, 'L1', 100, 0, 100, 'EXEMPT', NULL, FALSE, 100, 'fattura 1', 'fattura1',
    '5555555555555555555555555555555555555555555555555555555555555555', 'REPORTED', NULL, NULL, 'coop', 'coop'),
  (3, 2, 1, '2020-05-01', 'beni', NULL, NULL, 100, 0, 100, 'EXEMPT', NULL, FALSE, 0, 'fattura 2', 'fattura2',
    '6666666666666666666666666666666666666666666666666666666666666666', 'REPORTED', NULL, NULL, NULL, NULL);
UPDATE expense_report SET status = 'SUBMITTED' WHERE id = 1;
UPDATE expense_report SET status = 'UNDER_REVIEW' WHERE id = 1;
UPDATE expense SET status = 'ADMITTED', admitted_cents = 1040 WHERE id = 1;
UPDATE expense SET status = 'REFUSED', admitted_cents = 0, refusal = 'Non pertinente' WHERE id = 2;
UPDATE expense_report SET status = 'ADMITTED' WHERE id = 1;
UPDATE expense_report SET status = 'PAID', paid_on = '2020-05-01', payment_reference = 'CRO 2', paid_by = 'azienda' WHERE id = 1;
";

/// Benefits, readings, monitoring, bodies and projects.
const PEOPLE: &str = "
INSERT INTO benefit_criterion VALUES (1, 1, 1, 'ISEE', 'ISEE sotto la soglia', 10, 1);
INSERT INTO benefit_application VALUES
  (1, 1, 1, 'C-000001', '2020-02-01', 10, 'GRANTED', NULL, 'azienda', '2020-02-01T00:00:00Z', 1, 4294967296);
INSERT INTO benefit_score VALUES (1, 1, 1, 1, 10);
INSERT INTO benefit_grant VALUES (1, 1, 1, 1, 'C-000001', 'buono', NULL, '2020-03-01', '2020-04-01', '2020-12-31', 30000, NULL,
  270000, 'GRANTED', 'azienda', '2020-03-01T00:00:00Z', 1, 4611686018427387904);
INSERT INTO benefit_grant_event VALUES (1, 1, 1, 'GRANTED', '2020-04-01', NULL, 'azienda', '2020-03-01T00:00:00Z');
INSERT INTO indicator_reading VALUES (1, 1, '2020-06-30', 500000, 'rilevazione', 'azienda', '2020-07-01T00:00:00Z', 1, FALSE);
INSERT INTO monitoring_field VALUES (1, 1, 1, 'ORE', 'Ore svolte', 'NUMBER', TRUE, FALSE, 1, FALSE, 202001);
INSERT INTO monitoring_field_past VALUES (1, 1, NULL, 202001, 1, 'Ore', FALSE, FALSE);
INSERT INTO monitoring_report VALUES (1, 1, 'P1', 202003, 'SUBMITTED', '2020-04-05', 'coop', 1, 1, '2020-04-01');
INSERT INTO monitoring_value VALUES (1, 1, 1, '12');
INSERT INTO monitoring_submission VALUES (1, 1, 1, '2020-04-05', 'coop', NULL);
INSERT INTO monitoring_submission_value VALUES (1, 1, 1, 1, 'Ore svolte', '12');
INSERT INTO monitoring_return VALUES (1, 1, '2020-04-06', 'azienda');
INSERT INTO governing_body VALUES (1, 1, 1, 'CABINA', 'Cabina di regia', 'DIRECTION', 2, 1, '2020-01-01', NULL, 1);
INSERT INTO body_member VALUES (1, 1, 1, 'COMUNE', 'Comune di Acquafredda', 'referente', 3);
INSERT INTO body_meeting VALUES (1, 1, '2020-01-15', NULL, 'azienda', '2020-01-15T00:00:00Z');
INSERT INTO project_milestone VALUES (1, 1, 1, 'Avvio', '2019-03-01', '2019-02-01', NULL);
INSERT INTO project_expense VALUES (1, 1, '2019-04-01', 100, 'Formazione', NULL, NULL, 'azienda', '2019-04-01T00:00:00Z'),
  (2, 1, '2019-04-02', -100, 'Formazione', 'errore', 1, 'azienda', '2019-04-02T00:00:00Z');
INSERT INTO work_plan VALUES (1, 1, 'PL2019');
INSERT INTO work_plan_version VALUES (1, 1, 1, '2019-01-10', 'Piano di lavoro', NULL, NULL, '2019-01-01', '2019-12-31', FALSE, 1, 'azienda', '2019-01-10T00:00:00Z');
INSERT INTO work_plan_milestone VALUES (1, 1, 1, 'M1', 'Avvio', 'azienda', NULL, '2019-03-31');
INSERT INTO work_plan_report VALUES (1, 1, 'M1', 1, '2019-03-01', NULL, NULL, 'azienda', '2019-03-02T00:00:00Z');
";
