//! Whether the server lives, is ready, and how it is: for orchestrators, and as the Italian interoperability guidelines ask (`/status`).

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::answer::{json, log_fault, problem};
use super::{Door, age};
use crate::error::{Error, Result};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The process answers. It asks nothing else, so that a slow database restarts no server.
pub(super) async fn live() -> HttpResponse {
    json(200, "application/json", &Health { status: "live" })
}

/// The database answers too, and the server is not about to stop.
pub(super) async fn ready(door: web::Data<Door>) -> HttpResponse {
    if door.app.watch.is_draining() {
        return json(503, "application/json", &Health { status: "stopping" });
    }
    match check(&door).await {
        Ok(()) => json(200, "application/json", &Health { status: "ready" }),
        Err(_) => later(json(503, "application/json", &Health { status: "not ready" })),
    }
}

/// The same as a problem (RFC 9457), which is also what says that there is none.
pub(super) async fn status(door: web::Data<Door>) -> HttpResponse {
    if door.app.watch.is_draining() {
        return problem(503, "Service Unavailable", "The server is about to stop.");
    }
    match check(&door).await {
        Ok(()) => problem(200, "OK", &format!("ambito {}", door.app.version)),
        Err(error) => later(problem(503, "Service Unavailable", &error.sentence().en)),
    }
}

fn later(mut response: HttpResponse) -> HttpResponse {
    age::retry_later(&mut response);
    response
}

async fn check(door: &Door) -> Result<()> {
    let seconds = door.app.limits.ready_seconds_max;
    let answer = tokio::time::timeout(Duration::from_secs(seconds), door.app.store.ready()).await;
    let answer = answer.unwrap_or(Err(Error::Timeout(seconds)));
    if let Err(error) = &answer {
        log_fault(error, "");
    }
    answer
}
