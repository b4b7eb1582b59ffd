//! `postbacks serve` as a process of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

const PROGRAM: &str = env!("CARGO_BIN_EXE_postbacks");

pub struct Serving {
    child: Child,
    pub origin: String,
    said: Option<JoinHandle<Vec<String>>>,
}

impl Serving {
    /// Starts it and waits until it says where it is.
    pub async fn start(environment: &BTreeMap<&'static str, String>) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("serve").envs(environment).env("RUST_LOG", "error");
        Self::started(command).await
    }

    /// The same, with files that may not grow beyond so many KiB until they are let; what it logs is kept.
    pub async fn confined(environment: &BTreeMap<&'static str, String>, kib: usize) -> Self {
        let mut command = Command::new("sh");
        // It is told of the limit as of a full disk, instead of being killed.
        command.args(["-c", &format!("trap '' XFSZ; ulimit -S -f {}; exec {PROGRAM} serve", kib * 2)]);
        Self::heard(command, environment).await
    }

    /// What it logs is kept.
    pub async fn listened_to(environment: &BTreeMap<&'static str, String>) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("serve");
        Self::heard(command, environment).await
    }

    async fn heard(mut command: Command, environment: &BTreeMap<&'static str, String>) -> Self {
        command.envs(environment).env("RUST_LOG", "info").stderr(Stdio::piped());
        let mut serving = Self::started(command).await;
        let said = serving.child.stderr.take().expect("its log is ours");
        serving.said = Some(thread::spawn(move || BufReader::new(said).lines().map_while(Result::ok).collect()));
        serving
    }

    async fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let said = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let greeting =
            tokio::task::spawn_blocking(|| said.map_while(Result::ok).find_map(|line| Some(line.split_once("http")?.1.to_owned())));
        let Some(rest) = greeting.await.unwrap() else { panic!("it ended at once: {:?}", child.wait()) };
        Self { child, origin: format!("http{rest}"), said: None }
    }

    /// Its files may grow again.
    pub fn let_grow(&self) {
        let pid = self.child.id().to_string();
        let done = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:unlimited"]).status().expect("prlimit is there");
        assert!(done.success());
    }

    /// Stops it in order; the lines of its log that are no mere information.
    pub async fn complaints(mut self) -> Vec<String> {
        let said = self.said.take().expect("it was listened to");
        self.stop().await;
        let lines = tokio::task::spawn_blocking(|| said.join().unwrap()).await.unwrap();
        lines.into_iter().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect()
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
