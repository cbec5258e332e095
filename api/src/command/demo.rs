//! `ambito demo`: a server on this machine alone, loaded with the demonstration data, with tokens to try it.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use allocation::IstatCode;

use crate::auth::{Authenticator, HeadSigner, Operator, Role};
use crate::config::Config;
use crate::exchange;
use crate::store::agreement::import as agreements;
use crate::store::benefit::import as benefits;
use crate::store::monitoring::import as monitoring;
use crate::store::{Store, governance, import};

use super::folder::{self, DataFolder};
use super::server::Doors;
use super::{DemoArguments, Failure, KindArguments, answer, files, local, server};

/// The comune whose token is printed, where it is there: Manerbio, the largest town but one of Ambito 9.
const COMUNE: &str = "017103";

/// Where the numbers of a demonstration are read, unless told otherwise: this machine, at a port that is free.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

const BANNER: &str = "\
========================================================================
  DIMOSTRAZIONE: dati dimostrativi, non usare per atti o pagamenti.
  I valori che nessun documento riporta sono presunti e segnati come tali.

  DEMONSTRATION: not for acts or payments. Values that no document
  gives are assumed, and marked as assumed wherever they are shown.
========================================================================
";

/// The Ambito whose agreement is shown, where it is there, and a day on which that is in force.
const AGREEMENT: (&str, &str) = ("CREMA", "2015-06-30");

/// A comune to show, with its Ambito.
struct Shown {
    ambito: String,
    comune: IstatCode,
    name: String,
    /// The partner of the agreement to show, where there is one.
    partner: Option<String>,
}

/// Serves the demonstration until the process is told to stop.
pub(super) async fn run(config: &Config, arguments: DemoArguments) -> Result<(), Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::new(format!(
            "the demonstration prints tokens that open everything, so it listens on this machine only; {} is no loopback address",
            arguments.listen
        )));
    }
    let listed = files::listed(config).map_err(Failure)?;
    // Then the port: where it is taken, no folder is made.
    let doors = Doors {
        listener: server::bind(arguments.listen)?,
        metrics: Some(server::bind(config.metrics_listen.unwrap_or(ANY_PORT))?),
        // Nothing stands before it that would have to turn away.
        drain: Duration::ZERO,
    };
    let metrics = doors.metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    let data = if arguments.ephemeral { DataFolder::temporary()? } else { DataFolder::make(&arguments.data)? };
    let prepare = async {
        let keys = data.keys_or_new()?;
        let authenticator = local::authenticator(config, keys.clone())?;
        let store = folder::open_or_new(&data.database_url()?, None).await?;
        let store = Arc::new(store.with_signer(HeadSigner::new(keys)));
        load(&store).await?;
        let shown = shown(&store)?;
        let tokens = tokens(&store, &authenticator, &shown).await?;
        Ok::<_, Failure>((authenticator, store, shown, tokens))
    };
    let (authenticator, store, shown, tokens) = match server::unless_stopped(Box::pin(prepare)).await {
        Some(prepared) => prepared?,
        None => return Ok(()),
    };
    let greet = |address| answer(&greeting(address, metrics, &shown, &tokens));
    server::run(config, doors, listed, store, authenticator, greet).await
}

/// Imports what the folder has not of the demonstration: the plan of Ambito 9, computed, proposed and approved like any other, its monitoring, the benefits granted in it, the agreements beside
/// it, and who governs them. A start that was stopped between two of them, or one of a version that had fewer, left some; a folder with Ambiti of its own only stays as it is.
async fn load(store: &Store) -> Result<(), Failure> {
    let failure = |problems: Vec<exchange::Problem>| Failure(problems.iter().map(ToString::to_string).collect());
    let plan = exchange::demonstration().map_err(failure)?;
    let beside = exchange::agreements().map_err(failure)?;
    let of_monitoring = exchange::monitoring().map_err(failure)?;
    let granted = exchange::benefits().map_err(failure)?;
    let governing = exchange::demonstration_governance().map_err(failure)?;
    let book = store.book();
    let is_there = |code: &str| book.ambito_by_code(code).is_some();
    let is_of_demonstration = is_there(&plan.ambito.code) || beside.iter().any(|own| is_there(own.ambito.code()));
    if book.ambiti().next().is_some() && !is_of_demonstration {
        return Ok(());
    }
    let operator = Operator::at_the_machine("demo");
    if !is_there(&plan.ambito.code) {
        import::import(store, &operator, &plan).await?;
    }
    if monitoring::is_unsaid(store, &of_monitoring).await? {
        monitoring::import(store, &operator, &of_monitoring).await?;
    }
    benefits::import(store, &operator, &granted).await?;
    for bundle in beside.iter().filter(|bundle| !is_there(bundle.ambito.code())) {
        agreements::import(store, &operator, bundle).await?;
    }
    for bundle in &governing {
        if !governance::is_there(store, bundle).await? {
            governance::import(store, &operator, bundle).await?;
        }
    }
    Ok(())
}

/// The comune to show: Manerbio, or where the folder holds another Ambito, the first comune of the first.
fn shown(store: &Store) -> Result<Shown, Failure> {
    let book = store.book();
    let today = store.clock().today();
    let preferred = IstatCode::parse(COMUNE).ok().and_then(|code| book.comune_by_istat(code));
    let first = || {
        book.ambiti().next().and_then(|ambito| {
            ambito
                .comuni
                .iter()
                .filter_map(|id| book.comune(*id))
                .find(|comune| comune.ambito_on(today) == Some(ambito.row.id))
        })
    };
    let found = preferred.or_else(first).and_then(|comune| {
        let ambito = book.ambito(comune.ambito_on(today)?)?;
        let with_agreement = book.ambito_by_code(AGREEMENT.0).filter(|ambito| !ambito.agreements.is_empty());
        let partner = with_agreement.and_then(|ambito| Some(ambito.partners.first()?.code.clone()));
        let (code, name) = (ambito.row.code.clone(), comune.row.name.clone());
        Some(Shown { ambito: code, comune: comune.istat, name, partner })
    });
    found.ok_or_else(|| Failure::new("the data folder holds no comune to show; give another with --data DIR"))
}

/// Tokens of one comune, the managing body, the assembly, those who report and review what an agreement cost, and a reader of every Ambito, each with its label.
async fn tokens(store: &Store, authenticator: &Authenticator, shown: &Shown) -> Result<Vec<(String, String)>, Failure> {
    let kind = |role, comune| KindArguments { role, ambiti: vec![shown.ambito.clone()], comune, partner: None };
    let of_all = KindArguments { role: Role::Reporting, ambiti: Vec::new(), comune: None, partner: None };
    let mut asked = vec![
        (format!("COMUNE {} {}", shown.comune, shown.name), kind(Role::Comune, Some(shown.comune))),
        (format!("AZIENDA ambito {}", shown.ambito), kind(Role::Azienda, None)),
        (format!("ASSEMBLEA ambito {}", shown.ambito), kind(Role::Assemblea, None)),
    ];
    if let Some(partner) = &shown.partner {
        let ambito = AGREEMENT.0;
        let of = |role, partner| KindArguments { role, ambiti: vec![ambito.to_owned()], comune: None, partner };
        asked.push((format!("AZIENDA ambito {ambito}"), of(Role::Azienda, None)));
        asked.push((format!("PARTNER {partner} ambito {ambito}"), of(Role::Partner, Some(partner.clone()))));
    }
    asked.push(("REPORTING every ambito".to_owned(), of_all));
    let mut tokens = Vec::new();
    for (label, kind) in asked {
        tokens.push((label, local::token_for(store, authenticator, &kind).await?));
    }
    Ok(tokens)
}

fn greeting(address: SocketAddr, metrics: Option<SocketAddr>, shown: &Shown, tokens: &[(String, String)]) -> String {
    let mut text = format!("ambito: demonstration at http://{address}\n\n{BANNER}\n");
    for (label, token) in tokens {
        // Writing to a string does not fail.
        let _ = writeln!(text, "token {label}: {token}");
    }
    if let Some(metrics) = metrics {
        let _ = writeln!(text, "\nmetrics: http://{metrics}/metrics");
    }
    let mut ask = |token: &str, query: &str| {
        let _ = write!(
            text,
            "\ncurl -s http://{address}/graphql -H 'content-type: application/json' -H 'authorization: Bearer {token}' -d '{{\"query\":\"{query}\"}}'\n"
        );
    };
    if let Some((_, token)) = tokens.first() {
        ask(token, &format!(r#"{{ comune(istatCode: \"{}\") {{ name amountDue(year: 2021) }} }}"#, shown.comune));
    }
    if let Some((_, token)) = tokens.last().filter(|_| shown.partner.is_some()) {
        let (ambito, day) = AGREEMENT;
        let years = "years { year net vat gross contributions }";
        let version = format!(r#"version(asOf: \"{day}\") {{ title {years} }}"#);
        ask(token, &format!(r#"{{ ambito(code: \"{ambito}\") {{ agreements {{ nodes {{ code {version} }} }} }} }}"#));
    }
    text
}
