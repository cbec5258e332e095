//! The rows of `entity` and the tables made here are the same: columns, types, and the words of closed lists.

use std::collections::BTreeSet;

use entity::kinds;
use sea_orm_migration::sea_orm::{
    ActiveEnum, ActiveModelTrait, EntityName, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
};

use crate::catalogue::{columns, tables};
use crate::fixture::Database;
use crate::support::{Done, Engine, engines};

/// Reads every row of an entity and compares its columns with those of its table.
macro_rules! check_rows {
    ($database:expr, $covered:expr, $($table:ident)*) => {$(
        let name = entity::$table::Entity.table_name().to_owned();
        assert!(!entity::$table::Entity::find().all(&$database.connection).await?.is_empty(), "{name} has no rows");
        let fields: BTreeSet<_> =
            entity::$table::Column::iter().map(|column| column.as_str().to_owned()).collect();
        let found: BTreeSet<_> = columns(&$database.connection, &name).await?.into_iter().collect();
        assert_eq!(fields, found, "{name}");
        $covered.insert(name);
    )*};
}

#[tokio::test]
async fn every_table_is_read_by_its_entity() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "rows").await?;
        let mut covered = BTreeSet::new();
        check_rows!(database, covered,
            activity activity_import activity_month adjustment agreement agreement_area agreement_contribution
            agreement_contribution_item agreement_instalment agreement_line agreement_line_part agreement_milestone
            agreement_partner agreement_perimeter agreement_programme agreement_programme_year agreement_recurrence
            agreement_service agreement_version ambito audit_event audit_head basis benefit_application benefit_criterion benefit_grant
            benefit_grant_event benefit_measure benefit_score billing body_meeting body_member budget budget_line
            charge client client_ambito comune expense expense_report fund funding governing_body idempotency_key
            indicator indicator_reading measure measurement membership milestone_progress monitoring_field
            monitoring_report monitoring_value participant participation partner payment payment_match plan
            plan_instalment programme project project_expense project_milestone quota resolution rule rule_band
            rule_weight service service_fund service_target service_task work_plan work_plan_milestone work_plan_report
            work_plan_version);
        assert_eq!(covered, tables(&database.connection).await?.into_iter().collect());
    }
    Ok(())
}

#[tokio::test]
async fn a_row_comes_back_as_it_went() -> Done {
    for engine in engines() {
        let database = Database::filled(engine, "round_trip").await?;
        let mut model = entity::audit_event::Entity::find_by_id(2)
            .one(&database.connection)
            .await?
            .ok_or("the fixture has two events")?;
        model.sequence = 3;
        model.at = "2020-12-31T23:59:59.123456Z".parse()?;
        let written = model.clone().into_active_model().insert(&database.connection).await?;
        assert_eq!(written, model);
        assert_eq!(entity::audit_event::Entity::find_by_id(3).one(&database.connection).await?, Some(model));

        let mut basis = entity::basis::Entity::find_by_id(20)
            .one(&database.connection)
            .await?
            .ok_or("the fixture has a basis of the draft")?;
        basis.value_micros = i64::MAX;
        basis.reference_date = "2020-02-29".parse()?;
        basis.assumed = true;
        let written = basis.clone().into_active_model().reset_all().update(&database.owner).await?;
        assert_eq!(written, basis);
    }
    Ok(())
}

/// `PostgreSQL` has columns of whole numbers; `SQLite` only because its tables are strict.
#[tokio::test]
async fn integer_columns_hold_no_fractions() -> Done {
    let database = Database::filled(Engine::Sqlite, "strict").await?;
    assert!(database.run("UPDATE quota SET amount_cents = 1.5 WHERE id = 20").await.is_err());
    assert!(database.run("UPDATE quota SET amount_cents = 'many' WHERE id = 20").await.is_err());
    Ok(())
}

/// The words that a column allows: the quoted ones of the check that names no other column.
async fn allowed(
    database: &Database,
    table: &str,
    column: &str,
) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let list = match database.engine() {
        Engine::Sqlite => {
            let sql = database.texts(&format!("SELECT sql FROM sqlite_master WHERE name = '{table}'")).await?.join("");
            let (_, list) = sql.split_once(&format!("({column} IN (")).ok_or("no list of words")?;
            list.split_once(')').ok_or("an open list of words")?.0.to_owned()
        }
        Engine::Postgres => {
            let sql = format!(
                "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_attribute a ON attrelid = conrelid \
                 WHERE conrelid = '{table}'::regclass AND contype = 'c' AND attname = '{column}' AND conkey = ARRAY[attnum]"
            );
            database.texts(&sql).await?.join("")
        }
    };
    // Every second piece between quotes is a word.
    Ok(list.split('\'').skip(1).step_by(2).map(str::to_owned).collect())
}

#[tokio::test]
async fn closed_lists_are_the_same_in_code_and_tables() -> Done {
    for engine in engines() {
        let database = Database::migrated(engine, "kinds").await?;
        for (table, column, words) in [
            ("fund", "level", kinds::FundLevel::values()),
            ("plan", "kind", kinds::PlanKind::values()),
            ("plan", "status", kinds::PlanStatus::values()),
            ("budget_line", "vat_regime", kinds::VatRegime::values()),
            ("budget_line", "given", kinds::LineGiven::values()),
            ("rule", "kind", kinds::RuleKind::values()),
            ("rule", "rounding", kinds::Rounding::values()),
            ("rule", "size_kind", kinds::PartSizeKind::values()),
            ("billing", "kind", kinds::ChargeKind::values()),
            ("client", "role", kinds::Role::values()),
            ("agreement", "kind", kinds::AgreementKind::values()),
            ("agreement_version", "kind", kinds::VersionKind::values()),
            ("agreement_line", "given", kinds::TermGiven::values()),
            ("agreement_line", "vat_regime", kinds::VatRegime::values()),
            ("agreement_line_part", "given", kinds::PartGiven::values()),
            ("agreement_recurrence", "kind", kinds::RecurrenceKind::values()),
            ("expense_report", "status", kinds::ReportStatus::values()),
            ("expense", "status", kinds::ExpenseStatus::values()),
            ("expense", "vat_regime", kinds::VatRegime::values()),
            ("benefit_application", "status", kinds::ApplicationStatus::values()),
            ("benefit_grant", "status", kinds::GrantStatus::values()),
            ("benefit_grant_event", "status", kinds::GrantStatus::values()),
            ("monitoring_field", "kind", kinds::FieldKind::values()),
            ("monitoring_report", "status", kinds::MonitoringStatus::values()),
            ("governing_body", "level", kinds::BodyLevel::values()),
            ("body_member", "side", kinds::BodySide::values()),
            ("service", "target_area", kinds::TargetArea::values()),
        ] {
            assert_eq!(
                words.into_iter().collect::<BTreeSet<_>>(),
                allowed(&database, table, column).await?,
                "{table}.{column}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_known_measures_are_there() -> Done {
    for engine in engines() {
        let database = Database::migrated(engine, "measures").await?;
        let consumption = database.texts("SELECT code FROM measure WHERE consumption ORDER BY code").await?;
        assert_eq!(consumption, ["ACCESSES", "CASES", "DAYS", "HOURS"]);
        let others = database.texts("SELECT code FROM measure WHERE NOT consumption ORDER BY code").await?;
        assert_eq!(
            others,
            [
                "AREA_KM2",
                "ENTRUSTED_HOURS",
                "INCOME_PER_HEAD",
                "RESIDENTS",
                "RESIDENTS_0_17",
                "RESIDENTS_18_64",
                "RESIDENTS_65_PLUS",
                "RESIDENTS_75_PLUS"
            ]
        );
    }
    Ok(())
}
