//! The usual way to write such a server in Rust: async-graphql, resolvers that ask PostgreSQL through sea-orm, a `DataLoader` for
//! whatever hangs below a list. No authentication, no check of what is in force, no limits.
//!
//! `peer-usual --port N --database URL [--pool N]`

mod common;
mod tables;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use async_graphql::{ComplexObject, Context, EmptyMutation, EmptySubscription, Object, Result, Schema, SimpleObject};
use common::{Options, euro};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait, JoinType, Order, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};
use tables::{ambito, budget, comune, plan, quota, service};

const APPROVED: &str = "APPROVED";

type Published = Schema<Query, EmptyMutation, EmptySubscription>;

/// What a request's loaders ask.
struct Tables(DatabaseConnection);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ComuneId(i64);

/// The service of a budget, by the budget's id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ServiceOf(i64);

/// The quotas of a budget, by the budget's id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct QuotasOf(i64);

impl Loader<ComuneId> for Tables {
    type Value = Comune;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ComuneId]) -> Result<HashMap<ComuneId, Comune>, Self::Error> {
        let ids = keys.iter().map(|key| key.0);
        let rows = comune::Entity::find().filter(comune::Column::Id.is_in(ids)).all(&self.0).await?;
        Ok(rows.into_iter().map(|row| (ComuneId(row.id), row.into())).collect())
    }
}

impl Loader<ServiceOf> for Tables {
    type Value = Service;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[ServiceOf]) -> Result<HashMap<ServiceOf, Service>, Self::Error> {
        let ids = keys.iter().map(|key| key.0);
        let found = budget::Entity::find().filter(budget::Column::Id.is_in(ids)).find_also_related(service::Entity);
        let rows = found.all(&self.0).await?;
        Ok(rows.into_iter().filter_map(|(budget, row)| Some((ServiceOf(budget.id), row?.into()))).collect())
    }
}

impl Loader<QuotasOf> for Tables {
    type Value = Vec<Quota>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[QuotasOf]) -> Result<HashMap<QuotasOf, Vec<Quota>>, Self::Error> {
        let ids = keys.iter().map(|key| key.0);
        let found = quota::Entity::find().filter(quota::Column::BudgetId.is_in(ids)).order_by_asc(quota::Column::Id);
        let mut lists: HashMap<QuotasOf, Vec<Quota>> = HashMap::new();
        for row in found.all(&self.0).await? {
            lists.entry(QuotasOf(row.budget_id)).or_default().push(Quota(row));
        }
        Ok(lists)
    }
}

fn tables<'c>(context: &Context<'c>) -> &'c DataLoader<Tables> {
    context.data_unchecked()
}

fn database<'c>(context: &Context<'c>) -> &'c DatabaseConnection {
    context.data_unchecked()
}

/// Quotas of approved plans of a year.
fn quotas_of_year(year: i32) -> Select<quota::Entity> {
    quota::Entity::find()
        .join(JoinType::InnerJoin, quota::Relation::Plan.def())
        .filter(plan::Column::Year.eq(year))
        .filter(plan::Column::Status.eq(APPROVED))
        .order_by_asc(quota::Column::Id)
}

struct Query;

#[Object]
impl Query {
    async fn comune(&self, context: &Context<'_>, istat_code: String) -> Result<Option<Comune>> {
        let found = comune::Entity::find().filter(comune::Column::IstatCode.eq(istat_code));
        Ok(found.one(database(context)).await?.map(Into::into))
    }

    async fn ambito(&self, context: &Context<'_>, code: String) -> Result<Option<Ambito>> {
        let found = ambito::Entity::find().filter(ambito::Column::Code.eq(code));
        Ok(found.one(database(context)).await?.map(|row| Ambito { id: row.id, code: row.code, name: row.name }))
    }

    async fn quotas(
        &self,
        context: &Context<'_>,
        ambito: String,
        year: i32,
        first: usize,
        after: Option<String>,
    ) -> Result<QuotaConnection> {
        let mut found = quotas_of_year(year)
            .join(JoinType::InnerJoin, plan::Relation::Ambito.def())
            .filter(ambito::Column::Code.eq(ambito))
            .limit(u64::try_from(first)? + 1);
        if let Some(after) = after {
            found = found.filter(quota::Column::Id.gt(after.parse::<i64>()?));
        }
        let mut rows = found.all(database(context)).await?;
        let has_next_page = rows.len() > first;
        rows.truncate(first);
        let edges: Vec<QuotaEdge> =
            rows.into_iter().map(|row| QuotaEdge { cursor: row.id.to_string(), node: Quota(row) }).collect();
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        Ok(QuotaConnection { edges, page_info: PageInfo { has_next_page, end_cursor } })
    }

    async fn totals(&self, context: &Context<'_>, ambito: String, year: i32) -> Result<Vec<ServiceTotal>> {
        let sum = Expr::col((quota::Entity, quota::Column::AmountCents)).sum().cast_as(Alias::new("bigint"));
        let rows: Vec<(String, String, i64)> = quota::Entity::find()
            .select_only()
            .column(service::Column::Code)
            .column(service::Column::Name)
            .column_as(sum, "cents")
            .join(JoinType::InnerJoin, quota::Relation::Plan.def())
            .join(JoinType::InnerJoin, plan::Relation::Ambito.def())
            .join(JoinType::InnerJoin, quota::Relation::Budget.def())
            .join(JoinType::InnerJoin, budget::Relation::Service.def())
            .filter(ambito::Column::Code.eq(ambito))
            .filter(plan::Column::Year.eq(year))
            .filter(plan::Column::Status.eq(APPROVED))
            .group_by(service::Column::Id)
            .order_by(service::Column::Code, Order::Asc)
            .into_tuple()
            .all(database(context))
            .await?;
        let total = |(code, name, cents)| ServiceTotal { service: Service { code, name }, amount: euro(cents) };
        Ok(rows.into_iter().map(total).collect())
    }
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Ambito {
    #[graphql(skip)]
    id: i64,
    code: String,
    name: String,
}

#[ComplexObject]
impl Ambito {
    async fn plan(&self, context: &Context<'_>, year: i32) -> Result<Option<Plan>> {
        let found = plan::Entity::find()
            .filter(plan::Column::AmbitoId.eq(self.id))
            .filter(plan::Column::Year.eq(year))
            .filter(plan::Column::Status.eq(APPROVED));
        Ok(found.one(database(context)).await?.map(|row| Plan { id: row.id, year: row.year }))
    }
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Plan {
    #[graphql(skip)]
    id: i64,
    year: i32,
}

#[ComplexObject]
impl Plan {
    async fn budgets(&self, context: &Context<'_>) -> Result<Vec<Budget>> {
        let found = budget::Entity::find().filter(budget::Column::PlanId.eq(self.id)).order_by_asc(budget::Column::Id);
        let rows = found.all(database(context)).await?;
        Ok(rows.into_iter().map(|row| Budget { id: row.id, amount: euro(row.amount_cents) }).collect())
    }
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Budget {
    #[graphql(skip)]
    id: i64,
    amount: String,
}

#[ComplexObject]
impl Budget {
    async fn service(&self, context: &Context<'_>) -> Result<Option<Service>> {
        Ok(tables(context).load_one(ServiceOf(self.id)).await?)
    }

    async fn quotas(&self, context: &Context<'_>) -> Result<Vec<Quota>> {
        Ok(tables(context).load_one(QuotasOf(self.id)).await?.unwrap_or_default())
    }
}

#[derive(Clone, SimpleObject)]
#[graphql(complex)]
struct Comune {
    #[graphql(skip)]
    id: i64,
    istat_code: String,
    name: String,
}

impl From<comune::Model> for Comune {
    fn from(row: comune::Model) -> Self {
        Self { id: row.id, istat_code: row.istat_code, name: row.name }
    }
}

#[ComplexObject]
impl Comune {
    async fn quotas(&self, context: &Context<'_>, year: i32) -> Result<Vec<Quota>> {
        let found = quotas_of_year(year).filter(quota::Column::ComuneId.eq(self.id));
        Ok(found.all(database(context)).await?.into_iter().map(Quota).collect())
    }
}

#[derive(Clone, SimpleObject)]
struct Service {
    code: String,
    name: String,
}

impl From<service::Model> for Service {
    fn from(row: service::Model) -> Self {
        Self { code: row.code, name: row.name }
    }
}

#[derive(Clone)]
struct Quota(quota::Model);

#[Object]
impl Quota {
    async fn amount(&self) -> String {
        euro(self.0.amount_cents)
    }

    async fn comune(&self, context: &Context<'_>) -> Result<Option<Comune>> {
        Ok(tables(context).load_one(ComuneId(self.0.comune_id)).await?)
    }

    async fn service(&self, context: &Context<'_>) -> Result<Option<Service>> {
        Ok(tables(context).load_one(ServiceOf(self.0.budget_id)).await?)
    }
}

#[derive(SimpleObject)]
struct QuotaConnection {
    edges: Vec<QuotaEdge>,
    page_info: PageInfo,
}

#[derive(SimpleObject)]
struct QuotaEdge {
    cursor: String,
    node: Quota,
}

#[derive(SimpleObject)]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(SimpleObject)]
struct ServiceTotal {
    service: Service,
    amount: String,
}

async fn answer(
    body: web::Bytes,
    schema: web::Data<Published>,
    database: web::Data<DatabaseConnection>,
) -> HttpResponse {
    let Ok(request) = serde_json::from_slice::<async_graphql::Request>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    // Loaders of their own for each request, and no millisecond of waiting a level.
    let loader = DataLoader::new(Tables(database.get_ref().clone()), TokioSpawner::current(), TokioTimer::default());
    let loader = loader.delay(Duration::ZERO);
    let response = schema.execute(request.data(loader)).await;
    serde_json::to_vec(&response).map_or_else(|_| HttpResponse::InternalServerError().finish(), common::json)
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let options = Options::read();
    let pool = u32::from(options.number("pool", 16)?);
    let mut connect = ConnectOptions::new(options.need("database")?);
    connect.max_connections(pool).min_connections(pool).sqlx_logging(false).test_before_acquire(false);
    let database = Database::connect(connect).await.map_err(io::Error::other)?;
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).data(database.clone()).finish();
    let (schema, database) = (web::Data::new(schema), web::Data::new(database));
    common::serve(&options, move |config| {
        config.app_data(schema.clone()).app_data(database.clone()).route("/graphql", web::post().to(answer));
    })
    .await
}
