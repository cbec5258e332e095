//! Benefits that an older program left: they stay, without a reference.

use migration::{Migrator, MigratorTrait, migrate};
use sea_orm_migration::sea_orm::{ConnectionTrait, TransactionTrait};

use crate::support::{Done, Place, engines, texts};

/// The change that gives references.
const CHANGE: &str = "m20261124_000021_benefit_reference";

/// An application and its grant, from before they had references.
const BENEFITS: &str = "
INSERT INTO ambito VALUES (1, 'A1', 'Ambito uno', 'Lombardia', 'BS', 'Azienda', NULL, 1);
INSERT INTO comune VALUES (1, '017001', 'Acquafredda', 'A034', 'BS', 1);
INSERT INTO service (id, ambito_id, code, name, area, delivery, position) VALUES (1, 1, 'SAD', 'Domiciliare', 'Anziani', 'Azienda', 1);
INSERT INTO benefit_measure (id, service_id, position, name, kind) VALUES (1, 1, 1, 'Buono', 'buono');
INSERT INTO benefit_application VALUES
  (7, 1, 1, 'C-000001', '2020-02-01', 10, 'GRANTED', NULL, 'azienda', '2020-02-01T00:00:00Z', 2);
INSERT INTO benefit_grant VALUES (9, 1, 7, 1, 'C-000001', 'buono', NULL, '2020-03-01', '2020-04-01', '2020-12-31', 30000, NULL,
  270000, 'GRANTED', 'azienda', '2020-03-01T00:00:00Z', 1);
";

#[tokio::test]
async fn benefits_that_were_there_have_no_reference() -> Done {
    for engine in engines() {
        let place = Place::new(engine, "benefits").await?;
        let db = place.as_owner().await?;
        let before =
            Migrator::migrations().iter().position(|change| change.name() == CHANGE).ok_or("no such change")?;
        let tx = db.begin().await?;
        Migrator::up(&tx, Some(u32::try_from(before)?)).await?;
        tx.execute_unprepared(BENEFITS).await?;
        tx.commit().await?;
        migrate(&db, place.role().as_deref()).await?;
        for (table, id) in [("benefit_application", 7), ("benefit_grant", 9)] {
            let rows = format!(
                "SELECT CAST(id AS TEXT) || ' ' || coalesce(CAST(reference AS TEXT), 'none') FROM {table} ORDER BY id"
            );
            assert_eq!(texts(&db, &rows).await?, [format!("{id} none")]);
            // They take the steps that they took before.
            let step = format!("UPDATE {table} SET row_version = row_version + 1 WHERE id = {id}");
            assert_eq!(db.execute_unprepared(&step).await?.rows_affected(), 1);
            // None is given one later.
            for reference in ["4294967296", "9", "4611686018427387905"] {
                let given = format!("UPDATE {table} SET reference = {reference}");
                assert!(db.execute_unprepared(&given).await.is_err(), "{given}");
            }
        }
    }
    Ok(())
}
