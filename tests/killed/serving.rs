//! `postbacks serve` as a process of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub struct Serving {
    child: Child,
    pub origin: String,
}

impl Serving {
    /// Starts it and waits until it says where it is.
    pub async fn start(environment: &BTreeMap<&'static str, String>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_postbacks"))
            .arg("serve")
            .envs(environment)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let greeting =
            tokio::task::spawn_blocking(|| said.map_while(Result::ok).find_map(|line| Some(line.split_once("http")?.1.to_owned())));
        let Some(rest) = greeting.await.unwrap() else { panic!("it ended at once: {:?}", child.wait()) };
        Self { child, origin: format!("http{rest}") }
    }

    /// SIGKILL; returns when it is dead.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs until it is killed");
        self.child.wait().expect("it is our child");
    }

    /// SIGTERM; returns when it has ended in order.
    pub async fn stop(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(told.success(), "it is told to stop");
        tokio::task::spawn_blocking(move || assert!(self.child.wait().unwrap().success(), "it ends in order")).await.unwrap();
    }
}

impl Drop for Serving {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
