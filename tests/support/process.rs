//! The program as an operator runs it: a process of its own, its lines, its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use serde_json::{Value, json};

use super::http::Answer;
use super::program;

pub(crate) use super::http::send;

/// How long a line may take: long enough for a busy machine, since nobody waits for it in vain but a test that fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// The standard output.
    pub(crate) out: String,
    /// The standard error.
    pub(crate) err: String,
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    end(program(arguments, settings))
}

/// Runs a command to its end. One that goes on, where it should refuse, fails the test.
pub(crate) fn end(mut command: Command) -> Ended {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (whole(child.stdout.take().unwrap()), whole(child.stderr.take().unwrap()));
    let texts = out.recv_timeout(PATIENCE).and_then(|out| Ok((out, err.recv_timeout(PATIENCE)?)));
    if texts.is_err() {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    let (out, err) = texts.unwrap_or_else(|_| panic!("it does not end: {command:?}"));
    Ended { code, out, err }
}

/// All that a stream says, once it is closed.
fn whole(mut stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        // Nobody listens any more where the test has failed.
        let _ = sender.send(text);
    });
    receiver
}

/// A server in a process of its own. It is killed at the end of the test where it still runs.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Running {
    /// Starts a command.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        pass_on(child.stdout.take().unwrap(), sender.clone());
        pass_on(child.stderr.take().unwrap(), sender);
        Self { child, lines, said: Vec::new() }
    }

    /// The first line with this in it, of those that it has said or is going to say.
    pub(crate) fn line(&mut self, part: &str) -> String {
        loop {
            if let Some(line) = self.said.iter().find(|line| line.contains(part)) {
                return line.clone();
            }
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.said.push(line),
                Err(mpsc::RecvTimeoutError::Timeout | mpsc::RecvTimeoutError::Disconnected) => {
                    panic!("no line with {part:?}:\n{}", self.said.join("\n"))
                }
            }
        }
    }

    /// Where it listens, as a line with this in it says.
    pub(crate) fn url(&mut self, part: &str) -> String {
        let line = self.line(part);
        let address = line.split("127.0.0.1:").nth(1).unwrap_or_else(|| panic!("no address: {line}"));
        let digits: String = address.chars().take_while(char::is_ascii_digit).collect();
        format!("http://127.0.0.1:{digits}")
    }

    /// Tells it to end, as a service manager does.
    pub(crate) fn tell_to_end(&self) {
        let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status().unwrap();
        assert!(kill.success());
    }

    /// Tells it to end, and waits for it. Returns its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.tell_to_end();
        self.child.wait().unwrap().code()
    }

    /// Waits for its end. Returns its exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Everything that it has said on either stream; it has ended.
    pub(crate) fn all(&mut self) -> String {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push(line);
        }
        self.said.join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass_on(stream: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody listens any more once the test has what it wants.
            let _ = to.send(line);
        }
    });
}

/// Asks for a page of a server.
pub(crate) fn get(url: &str) -> Answer {
    send("GET", url, &[], None)
}

/// Asks a server with a token.
pub(crate) fn ask(url: &str, token: &str, query: &str) -> Value {
    let (body, token) = (json!({ "query": query }).to_string(), format!("Bearer {token}"));
    let headers = [("content-type", "application/json"), ("authorization", &*token)];
    send("POST", &format!("{url}/graphql"), &headers, Some(&body)).data()
}
