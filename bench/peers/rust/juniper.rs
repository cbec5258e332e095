//! Juniper over tokio-postgres, with SQL by hand: prepared statements, several requests on the way over one connection, joins where a
//! row is known to need another, a whole plan's quotas in one statement. No authentication, no check of what is in force, no limits.
//!
//! `peer-juniper --port N --database URL [--pool N]`

mod common;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{HttpResponse, web};
use common::{Options, euro};
use futures_util::future::try_join;
use juniper::http::GraphQLRequest;
use juniper::{EmptyMutation, EmptySubscription, FieldResult, GraphQLObject, RootNode, graphql_object};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, Statement};

const STATEMENTS: [&str; 8] = [
    "SELECT id, istat_code, name FROM comune WHERE istat_code = $1",
    "SELECT id, code, name FROM ambito WHERE code = $1",
    "SELECT id, year FROM plan WHERE ambito_id = $1 AND year = $2 AND status = 'APPROVED'",
    "SELECT b.id, b.amount_cents, s.code, s.name FROM budget b JOIN service s ON s.id = b.service_id
       WHERE b.plan_id = $1 ORDER BY s.position",
    "SELECT q.budget_id, q.amount_cents, c.istat_code, c.name FROM quota q JOIN comune c ON c.id = q.comune_id
       WHERE q.plan_id = $1 ORDER BY c.istat_code",
    "SELECT q.amount_cents, s.code, s.name FROM quota q JOIN plan p ON p.id = q.plan_id JOIN budget b ON b.id = q.budget_id
       JOIN service s ON s.id = b.service_id WHERE q.comune_id = $1 AND p.year = $2 AND p.status = 'APPROVED' ORDER BY s.position",
    "SELECT q.id, q.amount_cents, c.istat_code, c.name, s.code
       FROM ambito a JOIN plan p ON p.ambito_id = a.id AND p.year = $2 AND p.status = 'APPROVED'
       JOIN quota q ON q.plan_id = p.id JOIN comune c ON c.id = q.comune_id
       JOIN budget b ON b.id = q.budget_id JOIN service s ON s.id = b.service_id
       WHERE a.code = $1 AND q.id > $3 ORDER BY q.id LIMIT $4",
    "SELECT s.code, s.name, sum(q.amount_cents)::bigint
       FROM ambito a JOIN plan p ON p.ambito_id = a.id AND p.year = $2 AND p.status = 'APPROVED'
       JOIN budget b ON b.plan_id = p.id JOIN quota q ON q.budget_id = b.id JOIN service s ON s.id = b.service_id
       WHERE a.code = $1 GROUP BY s.id ORDER BY s.code",
];

/// The statements by their place in [`STATEMENTS`].
#[derive(Clone, Copy)]
enum Ask {
    Comune,
    Ambito,
    Plan,
    Budgets,
    QuotasOfPlan,
    QuotasOfComune,
    Page,
    Totals,
}

struct Connection {
    client: Client,
    statements: Vec<Statement>,
}

/// The connections, taken in turn; each carries many requests at once.
struct Pool {
    connections: Vec<Connection>,
    turn: AtomicUsize,
}

impl juniper::Context for Pool {}

impl Pool {
    async fn open(url: &str, size: u16) -> Result<Self, tokio_postgres::Error> {
        let mut connections = Vec::new();
        for _ in 0..size {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            actix_web::rt::spawn(connection);
            let mut statements = Vec::new();
            for sql in STATEMENTS {
                statements.push(client.prepare(sql).await?);
            }
            connections.push(Connection { client, statements });
        }
        Ok(Self { connections, turn: AtomicUsize::new(0) })
    }

    async fn ask(&self, ask: Ask, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, tokio_postgres::Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        let connection = &self.connections[turn];
        connection.client.query(&connection.statements[ask as usize], values).await
    }
}

struct Query;

#[graphql_object(context = Pool)]
impl Query {
    async fn comune(#[graphql(context)] pool: &Pool, istat_code: String) -> FieldResult<Option<Comune>> {
        let rows = pool.ask(Ask::Comune, &[&istat_code]).await?;
        Ok(rows.first().map(|row| Comune { id: row.get(0), istat_code: row.get(1), name: row.get(2) }))
    }

    async fn ambito(#[graphql(context)] pool: &Pool, code: String) -> FieldResult<Option<Ambito>> {
        let rows = pool.ask(Ask::Ambito, &[&code]).await?;
        Ok(rows.first().map(|row| Ambito { id: row.get(0), code: row.get(1), name: row.get(2) }))
    }

    async fn quotas(
        #[graphql(context)] pool: &Pool,
        ambito: String,
        year: i32,
        first: i32,
        after: Option<String>,
    ) -> FieldResult<QuotaConnection> {
        let after = after.map_or(Ok(0), |text| text.parse::<i64>())?;
        let rows = pool.ask(Ask::Page, &[&ambito, &year, &after, &(i64::from(first) + 1)]).await?;
        let first = usize::try_from(first)?;
        let edges: Vec<QuotaEdge> = rows.iter().take(first).map(edge).collect();
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        Ok(QuotaConnection { edges, page_info: PageInfo { has_next_page: rows.len() > first, end_cursor } })
    }

    async fn totals(#[graphql(context)] pool: &Pool, ambito: String, year: i32) -> FieldResult<Vec<ServiceTotal>> {
        let rows = pool.ask(Ask::Totals, &[&ambito, &year]).await?;
        let total = |row: &Row| ServiceTotal {
            service: Service { code: row.get(0), name: row.get(1) },
            amount: euro(row.get(2)),
        };
        Ok(rows.iter().map(total).collect())
    }
}

fn edge(row: &Row) -> QuotaEdge {
    let id: i64 = row.get(0);
    QuotaEdge {
        cursor: id.to_string(),
        node: PageQuota {
            amount: euro(row.get(1)),
            comune: ComuneName { istat_code: row.get(2), name: row.get(3) },
            service: ServiceCode { code: row.get(4) },
        },
    }
}

struct Ambito {
    id: i64,
    code: String,
    name: String,
}

#[graphql_object(context = Pool)]
impl Ambito {
    fn code(&self) -> &str {
        &self.code
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn plan(&self, #[graphql(context)] pool: &Pool, year: i32) -> FieldResult<Option<Plan>> {
        let rows = pool.ask(Ask::Plan, &[&self.id, &year]).await?;
        Ok(rows.first().map(|row| Plan { id: row.get(0), year: row.get(1) }))
    }
}

struct Plan {
    id: i64,
    year: i32,
}

#[graphql_object(context = Pool)]
impl Plan {
    fn year(&self) -> i32 {
        self.year
    }

    /// Budgets and quotas together, both statements on the way at once.
    async fn budgets(&self, #[graphql(context)] pool: &Pool) -> FieldResult<Vec<Budget>> {
        let (budgets, quotas) =
            try_join(pool.ask(Ask::Budgets, &[&self.id]), pool.ask(Ask::QuotasOfPlan, &[&self.id])).await?;
        let mut lists: HashMap<i64, Vec<BudgetQuota>> = HashMap::new();
        for row in &quotas {
            let quota = BudgetQuota {
                amount: euro(row.get(1)),
                comune: ComuneName { istat_code: row.get(2), name: row.get(3) },
            };
            lists.entry(row.get(0)).or_default().push(quota);
        }
        let budget = |row: &Row| Budget {
            amount: euro(row.get(1)),
            service: Service { code: row.get(2), name: row.get(3) },
            quotas: lists.remove(&row.get::<_, i64>(0)).unwrap_or_default(),
        };
        Ok(budgets.iter().map(budget).collect())
    }
}

#[derive(GraphQLObject)]
struct Budget {
    amount: String,
    service: Service,
    quotas: Vec<BudgetQuota>,
}

#[derive(GraphQLObject)]
struct BudgetQuota {
    amount: String,
    comune: ComuneName,
}

struct Comune {
    id: i64,
    istat_code: String,
    name: String,
}

#[graphql_object(context = Pool)]
impl Comune {
    fn istat_code(&self) -> &str {
        &self.istat_code
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn quotas(&self, #[graphql(context)] pool: &Pool, year: i32) -> FieldResult<Vec<ComuneQuota>> {
        let rows = pool.ask(Ask::QuotasOfComune, &[&self.id, &year]).await?;
        let quota = |row: &Row| ComuneQuota {
            amount: euro(row.get(0)),
            service: Service { code: row.get(1), name: row.get(2) },
        };
        Ok(rows.iter().map(quota).collect())
    }
}

#[derive(GraphQLObject)]
struct ComuneQuota {
    amount: String,
    service: Service,
}

#[derive(GraphQLObject)]
struct ComuneName {
    istat_code: String,
    name: String,
}

#[derive(GraphQLObject)]
struct Service {
    code: String,
    name: String,
}

#[derive(GraphQLObject)]
struct ServiceCode {
    code: String,
}

#[derive(GraphQLObject)]
struct PageQuota {
    amount: String,
    comune: ComuneName,
    service: ServiceCode,
}

#[derive(GraphQLObject)]
struct QuotaConnection {
    edges: Vec<QuotaEdge>,
    page_info: PageInfo,
}

#[derive(GraphQLObject)]
struct QuotaEdge {
    cursor: String,
    node: PageQuota,
}

#[derive(GraphQLObject)]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(GraphQLObject)]
struct ServiceTotal {
    service: Service,
    amount: String,
}

type Published = RootNode<Query, EmptyMutation<Pool>, EmptySubscription<Pool>>;

async fn answer(body: web::Bytes, schema: web::Data<Published>, pool: web::Data<Pool>) -> HttpResponse {
    let Ok(request) = serde_json::from_slice::<GraphQLRequest>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let response = request.execute(&schema, &pool).await;
    serde_json::to_vec(&response).map_or_else(|_| HttpResponse::InternalServerError().finish(), common::json)
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let options = Options::read();
    let pool = Pool::open(&options.need("database")?, options.number("pool", 8)?).await.map_err(io::Error::other)?;
    let (pool, schema) =
        (web::Data::new(pool), web::Data::new(Published::new(Query, EmptyMutation::new(), EmptySubscription::new())));
    common::serve(&options, move |config| {
        config.app_data(pool.clone()).app_data(schema.clone()).route("/graphql", web::post().to(answer));
    })
    .await
}
