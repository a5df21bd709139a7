//! The folders of one instance. They go when it goes.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result, bail};

use super::instance::{SECRET, USER};
use amictl::testing::scenario::replace;

pub(crate) struct Home {
    /// Its path for this process.
    pub(crate) outside: PathBuf,
    /// Its path for Asterisk.
    pub(crate) inside: PathBuf,
}

impl Home {
    /// `/tmp/amictl-PROCESS-N` below `root`. The path is always as long: the answer to some scenarios depends on that.
    pub(crate) fn create(root: Option<&Path>) -> Result<Home> {
        let at = |inside: &Path| match root {
            Some(root) => root.join(inside.strip_prefix("/").unwrap_or(inside)),
            None => inside.to_owned(),
        };
        sweep(&at(Path::new("/tmp")));
        for number in 0..10 {
            let inside = PathBuf::from(format!("/tmp/amictl-{:07}-{number}", process::id()));
            let outside = at(&inside);
            match DirBuilder::new().mode(0o700).create(&outside) {
                Ok(()) => return Ok(Home { outside, inside }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("cannot create `{}`", outside.display())),
            }
        }
        bail!("ten instances run already: one process cannot have more")
    }

    /// The least that makes Asterisk start and answer: no modules, no logs, our account.
    pub(crate) fn furnish(&self, port: u16) -> Result<()> {
        for folder in ["etc", "run", "log", "spool", "db"] {
            fs::create_dir(self.outside.join(folder))?;
        }
        let folder = |name| self.inside.join(name).display().to_string();
        let directories = format!(
            "[directories]\nastetcdir={}\nastrundir={}\nastlogdir={}\nastspooldir={}\nastdbdir={}\n",
            folder("etc"),
            folder("run"),
            folder("log"),
            folder("spool"),
            folder("db"),
        );
        // Beside the configuration folder, which may then hold nothing but a scenario.
        fs::write(self.outside.join("asterisk.conf"), directories)?;
        fs::write(self.etc().join("modules.conf"), "[modules]\nautoload=no\n")?;
        fs::write(self.etc().join("logger.conf"), "[general]\n[logfiles]\n")?;
        let general = format!("[general]\nenabled=yes\nbindaddr=127.0.0.1\nport={port}\n");
        // Asterisk closes a session that does not read for 100 ms, unless told to wait.
        let account = format!("[{USER}]\nsecret={SECRET}\nwrite=all\nwritetimeout=10000\n");
        Ok(fs::write(self.etc().join("manager.conf"), general + &account)?)
    }

    pub(crate) fn etc(&self) -> PathBuf {
        self.outside.join("etc")
    }

    /// The asterisk.conf of a scenario counts too, behind ours, which says where the folders are.
    pub(crate) fn take_options(&self) -> Result<()> {
        let theirs = self.etc().join("asterisk.conf");
        if theirs.exists() {
            let ours = self.outside.join("asterisk.conf");
            let both = [fs::read(&ours)?, fs::read(theirs)?].concat();
            fs::write(ours, both)?;
        }
        Ok(())
    }

    /// Copies the files below `from`, with the port and the folder put in for `{PORT}` and `{ETC}`.
    pub(crate) fn copy_over(&self, from: &Path, to: &Path, port: u16) -> Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from).with_context(|| format!("no folder `{}`", from.display()))? {
            let path = entry?.path();
            let target = to.join(path.file_name().unwrap_or_default());
            if path.is_dir() {
                self.copy_over(&path, &target, port)?;
                continue;
            }
            let content = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let content = replace(&content, b"{PORT}", port.to_string().as_bytes());
            let etc = self.inside.join("etc").display().to_string();
            fs::write(target, replace(&content, b"{ETC}", etc.as_bytes()))?;
        }
        Ok(())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.outside);
    }
}

/// Removes what processes left behind that were killed.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix("amictl-").and_then(|it| it.split('-').next()?.parse::<u32>().ok());
        if process.is_some_and(|it| !Path::new(&format!("/proc/{it}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
