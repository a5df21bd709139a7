//! Brings Asterisks here: each in a Debian of its own, below the cache folder.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use super::Verdict;
use super::install::{About, Installation, Unavailable, cache, release_in};

/// The series that can be installed, and the Debian suite that has it.
const SUITES: [(&str, &str); 2] = [("16", "bullseye"), ("22", "sid")];

pub(crate) fn setup(wanted: &[String]) -> Result<Verdict> {
    if let Some(unknown) = wanted.iter().find(|it| SUITES.iter().all(|(series, _)| series != it)) {
        bail!("`{unknown}` cannot be installed, only the series 16 and 22: name another Asterisk by --asterisk-bin");
    }
    let cache = cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot create `{}`", cache.display()))?;
    for (series, suite) in SUITES {
        if wanted.is_empty() || wanted.iter().any(|it| it == series) {
            let installation = install(&cache, series, suite)?;
            println!("{series}: {} in {}", installation.about.package, cache.join(series).display());
        }
    }
    Ok(Verdict::Agrees)
}

fn install(cache: &Path, series: &str, suite: &str) -> Result<Installation> {
    let folder = cache.join(series);
    let lock = File::create(cache.join(format!("{series}.lock")))?;
    lock.lock()?;
    if let Some(installation) = Installation::open(&folder)? {
        return Ok(installation);
    }
    if !geteuid().is_root() {
        let message = format!("installing Asterisk {series} needs a chroot: run `cargo judge oracle setup` as root");
        return Err(Unavailable(message).into());
    }
    // Under a name of its own until it is whole, or an interrupted set-up would pass for a good one.
    let unfinished = cache.join(format!("{series}.unfinished"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir(&unfinished)?;
    build(&unfinished, suite)?.write(&unfinished)?;
    fs::rename(&unfinished, &folder)?;
    Installation::open(&folder)?.context("the installation just made is not there")
}

fn build(folder: &Path, suite: &str) -> Result<About> {
    let (root, log) = (folder.join("root"), folder.join("log"));
    eprintln!("installing Debian {suite} with Asterisk, which takes minutes: see {}", log.display());
    let mut debootstrap = Command::new("debootstrap");
    logged(debootstrap.arg("--variant=minbase").arg(suite).arg(&root), &log)?;
    // The package starts a daemon when it is installed, unless this says no.
    fs::write(root.join("usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n")?;
    logged(Command::new("chmod").arg("755").arg(root.join("usr/sbin/policy-rc.d")), &log)?;
    let apt = ["apt-get", "install", "--yes", "--no-install-recommends", "asterisk"];
    logged(inside(&root, &apt).env("DEBIAN_FRONTEND", "noninteractive"), &log)?;
    logged(&mut inside(&root, &["apt-get", "clean"]), &log)?;
    let version = output(&mut inside(&root, &["asterisk", "-V"]))?;
    let package = output(&mut inside(&root, &["dpkg-query", "--show", "--showformat=${Version}", "asterisk"]))?;
    Ok(About { release: release_in(&version)?, version, package })
}

fn inside(root: &Path, command: &[&str]) -> Command {
    let mut chroot = Command::new("chroot");
    chroot.arg(root).args(command).env("LC_ALL", "C").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env_remove("TMPDIR");
    chroot
}

/// Runs a step, its output appended to `log`.
fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::options().create(true).append(true).open(log)?;
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let status = match command.status() {
        Ok(status) => status,
        Err(error) => return Err(Unavailable(format!("cannot run `{name}` ({error}): install it first")).into()),
    };
    if status.success() {
        return Ok(());
    }
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().rev().find(|it| !it.trim().is_empty()).unwrap_or("nothing").trim();
    let message =
        format!("`{name}` failed, saying `{last}`: is the network there? all it said is in {}", log.display());
    Err(Unavailable(message).into())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("`{command:?}` failed: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
