//! The limit: a handler that reads the body and answers bytes that it was given at the start, the same ones for the same address.
//! Nothing that a GraphQL server does is done here; what is left is HTTP.
//!
//! `peer-limit --port N --answers DIR`: `POST /graphql/NAME` answers the bytes of `DIR/NAME.json`.

mod common;

use std::collections::HashMap;
use std::{fs, io};

use actix_web::{HttpResponse, web};
use common::Options;

type Answers = HashMap<String, web::Bytes>;

async fn answer(name: web::Path<String>, body: web::Bytes, answers: web::Data<Answers>) -> HttpResponse {
    match answers.get(name.as_str()) {
        Some(bytes) if !body.is_empty() => common::json(bytes.clone()),
        _ => HttpResponse::NotFound().finish(),
    }
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let options = Options::read();
    let mut answers = Answers::new();
    for entry in fs::read_dir(options.need("answers")?)? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            answers.insert(name.to_owned(), fs::read(&path)?.into());
        }
    }
    let answers = web::Data::new(answers);
    common::serve(&options, move |config| {
        config.app_data(answers.clone()).route("/graphql/{name}", web::post().to(answer));
    })
    .await
}
