//! `ambito import-activity`: a file of what was delivered, as `POST /import/activity` takes it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::auth::Operator;
use crate::config::Config;
use crate::exchange::ActivityReader;
use crate::store::Store;
use crate::store::activity::{self, ActivityFile, Outcome, Vocabulary, Wish};

use super::{Failure, ImportActivityArguments, answer, folder};

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1_024;

/// Takes the file in, or tells every problem of it.
pub(super) async fn import(config: &Config, arguments: &ImportActivityArguments) -> Result<(), Failure> {
    let store = folder::open(&folder::database_url(config, &arguments.place)?).await?;
    let file = read(config, &store, arguments)?;
    let wish = Wish { mode: arguments.mode, dry_run: arguments.dry_run, replaces: arguments.replaces.clone() };
    let permit = Operator::at_the_machine("import-activity").activity();
    let outcome = activity::import_alone(&store, &permit, &file, &wish).await?;
    store.close().await?;
    let problems = problems(&arguments.file, &file);
    if !outcome.written && !wish.dry_run && outcome.known_since.is_none() {
        return Err(Failure(problems));
    }
    for problem in problems {
        // What was left out is told beside the answer, as problems are.
        let _ = writeln!(std::io::stderr(), "{problem}");
    }
    answer(&told(&file, &wish, &outcome))
}

fn read(config: &Config, store: &Store, arguments: &ImportActivityArguments) -> Result<ActivityFile, Failure> {
    let book = store.book();
    let ambito = book.ambito_by_code(&arguments.ambito);
    let ambito = ambito.ok_or_else(|| Failure::new(format!("there is no ambito {}", arguments.ambito)))?.row.id;
    let vocabulary = Vocabulary::of(&book, ambito, store.clock().today())?;
    let mut reader = ActivityReader::new(vocabulary, &config.limits);
    let path = &arguments.file;
    let unreadable = |problem| Failure::new(format!("the file {} cannot be read: {problem}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let bytes = file.read(&mut piece).map_err(unreadable)?;
        if bytes == 0 {
            break;
        }
        reader.read(&piece[..bytes]);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(reader.finish(&name.unwrap_or_default()))
}

/// One line a problem.
fn problems(path: &Path, file: &ActivityFile) -> Vec<String> {
    let name = path.display();
    let mut lines: Vec<String> = file
        .problems
        .iter()
        .map(|problem| {
            let column = problem.column.map(|column| format!(":{column}")).unwrap_or_default();
            let (_, sentence) = problem.reason.sentence();
            let code = problem.reason.code();
            format!("{name}:{}{column}: {sentence} (found {:?}) {code}", problem.line, problem.value)
        })
        .collect();
    if file.more_problems > 0 {
        lines.push(format!("{name}: and {} more problems", file.more_problems));
    }
    lines
}

fn told(file: &ActivityFile, wish: &Wish, outcome: &Outcome) -> String {
    let digest = &file.digest;
    if let Some(at) = outcome.known_since {
        return format!("known since {}: nothing was done, digest {digest}\n", at.to_rfc3339());
    }
    let what = if wish.dry_run { "would be imported" } else { "imported" };
    let taken = file.rows - file.rejected;
    format!(
        "{what}: {taken} of {} rows, {} months, {} replaced, digest {digest}\n",
        file.rows, outcome.months, outcome.replaced_months
    )
}
