//! `cargo judge bench check`: amictl checks what a real Asterisk reloads.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::read::program;
use super::{median, users};
use crate::oracle::{Installation, Instance, answer};

#[derive(Args)]
pub(crate) struct Check {
    /// How many users the file has
    #[arg(long, default_value = "10000")]
    users: usize,
    /// How often each is measured
    #[arg(long, default_value = "11")]
    rounds: usize,
    /// Which installed Asterisk reloads the file
    #[arg(long, default_value = "22")]
    release: String,
}

/// What users may see in a round.
fn classes(round: usize) -> &'static str {
    let all = "system,call,log,verbose,agent,user,config,dtmf,reporting,cdr";
    if round.is_multiple_of(2) { all } else { all.trim_end_matches(",cdr") }
}

/// A reload that takes longer is none to measure against.
const PATIENCE: Duration = Duration::from_secs(60);

impl Check {
    pub(crate) fn execute(self) -> Result<()> {
        let program = program()?;
        let installation = Installation::find(&self.release)?;
        let folder = std::env::temp_dir().join(format!("amictl-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let result = self.measure(&program, &installation, &folder);
        fs::remove_dir_all(&folder)?;
        result
    }

    fn measure(&self, program: &std::path::Path, installation: &Installation, folder: &std::path::Path) -> Result<()> {
        // Every round has a text of its own, as Asterisk reads none twice.
        let text = |round: usize| {
            let general = "[general]\nenabled = yes\nport = {PORT}\nbindaddr = 127.0.0.1\n\n";
            format!("{general}{}", users(0..self.users, classes(round)))
        };
        let file = folder.join("manager.conf");
        fs::write(&file, text(0))?;
        let instance = Instance::start(installation, Some(folder))?;
        let port = instance.port.to_string();
        let (mut checks, mut reloads) = (Vec::new(), Vec::new());
        for round in 1..=self.rounds {
            let text = text(round).replace("{PORT}", &port);
            fs::write(&file, &text)?;
            checks.push(time(|| {
                let mut check = Command::new(program);
                check.args(["check", "--strict", "--complete", "--etc"]).arg(folder).arg(&file);
                let status = check.stdout(Stdio::null()).status().context("the program does not start")?;
                ensure!(matches!(status.code(), Some(0 | 1)), "amictl does not check the file: {status}");
                Ok(())
            })?);
            fs::write(instance.etc().join("manager.conf"), &text)?;
            let control = instance.control();
            reloads.push(time(|| {
                answer(&control, b"manager reload", PATIENCE)?.context("the reload does not end")?;
                Ok(())
            })?);
            let last = format!("manager show user seat{}", self.users - 1);
            let shown = answer(&control, last.as_bytes(), PATIENCE)?.unwrap_or_default();
            let wanted = format!("read perm: {}\n", classes(round));
            ensure!(String::from_utf8_lossy(&shown).contains(&wanted), "Asterisk has not reloaded the file");
        }
        let megabytes = fs::metadata(&file)?.len() as f64 / 1e6;
        let (check, reload) = (median(checks), median(reloads));
        println!("{} users, {megabytes:.1} MB, median of {} rounds in turns", self.users, self.rounds);
        println!("amictl check, all rules, whole process   {check:>8.1} ms");
        println!(
            "Asterisk {:<8} manager reload         {reload:>8.1} ms {:>8.1}x",
            installation.about.release,
            reload / check
        );
        Ok(())
    }
}

/// How many milliseconds some work takes.
fn time(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
