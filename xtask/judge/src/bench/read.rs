//! `cargo judge bench read`.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use amictl::config::{self, Place, World};
use amictl::host::Memory;
use amictl::release::Release;
use amictl::rules::{self, All, Role};
use amictl::syntax::{Dialect, Start, parse};
use amictl::text::Files;
use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{median, users};

#[derive(Args)]
pub(crate) struct Read {
    /// Megabytes of text
    #[arg(long, default_value = "10")]
    megabytes: usize,
    /// How often each is measured
    #[arg(long, default_value = "11")]
    rounds: usize,
}

/// Something that reads the text; the text is its own, as not all take the same.
struct Reader<'t> {
    name: &'static str,
    run: Box<dyn Fn() + 't>,
    bytes: usize,
}

impl Read {
    pub(crate) fn execute(self) -> Result<()> {
        let text = manager_conf(self.megabytes * 1_000_000);
        let toml = toml_of(&text);
        ensure!(toml.parse::<toml_edit::DocumentMut>().is_ok(), "the TOML form of the text is not TOML");
        let readers = readers(&text, &toml);
        let mut speeds: Vec<Vec<f64>> = vec![Vec::new(); readers.len()];
        for _ in 0..self.rounds {
            for (reader, speeds) in readers.iter().zip(&mut speeds) {
                let start = Instant::now();
                (reader.run)();
                speeds.push(reader.bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
            }
        }
        println!(
            "{} MB of manager.conf, {} lines, median of {} rounds in turns",
            self.megabytes,
            text.lines().count(),
            self.rounds
        );
        let first = median(speeds[0].clone());
        for (reader, speeds) in readers.iter().zip(speeds) {
            let speed = median(speeds);
            println!("{:<44} {speed:>8.0} MB/s {:>8.1}x", reader.name, first / speed);
        }
        whole_process(self.rounds)
    }
}

fn readers<'t>(text: &'t str, toml: &'t str) -> Vec<Reader<'t>> {
    let bytes = text.len();
    let amictl = |name, run: Box<dyn Fn() + 't>| Reader { name, run, bytes };
    vec![
        amictl(
            "amictl: lossless parse",
            Box::new(|| drop(black_box(parse(text.as_bytes(), Dialect::default(), Start::default())))),
        ),
        amictl(
            "amictl: parse and load, one release",
            Box::new(|| {
                with_world(text, |world, root| {
                    black_box(config::load(world, root, Release::newest_lts()).sections.len());
                })
            }),
        ),
        amictl(
            "amictl: parse, load and check, seven series",
            Box::new(|| {
                with_world(text, |world, root| {
                    black_box(rules::check(world, root, Role::Manager, &Release::all_series(), &All).len());
                })
            }),
        ),
        Reader { name: "tree-sitter-ini: parse", bytes, run: Box::new(|| drop(black_box(tree_sitter_parse(text)))) },
        Reader {
            name: "rust-ini: load (loses comments)",
            bytes,
            run: Box::new(|| drop(black_box(ini::Ini::load_from_str(text)))),
        },
        Reader {
            name: "toml_edit: lossless parse of the same as TOML",
            bytes: toml.len(),
            run: Box::new(|| drop(black_box(toml.parse::<toml_edit::DocumentMut>()))),
        },
    ]
}

fn with_world(text: &str, run: impl Fn(&World<'_>, amictl::text::FileId)) {
    let (files, memory) = (Files::default(), Memory::default());
    let world = World::new(&files, &memory, Place { etc: "/etc/asterisk".into(), root: None, complete: true });
    let root = files.add("manager.conf".into(), "/etc/asterisk/manager.conf".into(), text.as_bytes().to_vec()).id();
    run(&world, root);
}

fn tree_sitter_parse(text: &str) -> Option<tree_sitter::Tree> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_ini::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// The time of a whole process that checks a typical file.
fn whole_process(rounds: usize) -> Result<()> {
    let program = program()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut times = Vec::new();
    for _ in 0..rounds.max(5) * 4 {
        let start = Instant::now();
        let status = Command::new(&program)
            .args(["check", "fixtures/configs/clean"])
            .current_dir(&root)
            .stdout(Stdio::null())
            .status()
            .context("the program does not start")?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(status.success(), "fixtures/configs/clean has findings");
    }
    println!("amictl check of a typical file, whole process: median {:.1} ms", median(times));
    let size = std::fs::metadata(&program)?.len() as f64 / 1e6;
    println!("release binary: {size:.1} MB");
    Ok(())
}

/// The release binary, built now if it is not there or not of this source.
pub(crate) fn program() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(["build", "--quiet", "--release", "--package", "amictl"]).status()?;
    ensure!(status.success(), "the release binary cannot be built");
    let folder = std::env::current_exe()?;
    Ok(folder.with_file_name("amictl"))
}

/// The text of a large installation.
fn manager_conf(bytes: usize) -> String {
    let read = "system,call,log,verbose,agent,user,config,dtmf,reporting";
    let mut text = String::from("; generated\n[general]\nenabled = yes\nport = 5038\nbindaddr = 10.0.0.5\n\n");
    for seat in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&users([seat], read));
    }
    text
}

/// The same as TOML, line by line.
fn toml_of(text: &str) -> String {
    let line = |line: &str| match (line.split_once(" ; "), line.starts_with(';')) {
        (_, true) => format!("#{line}"),
        (Some((live, comment)), _) => format!("{} # {comment}", quoted(live)),
        _ => quoted(line),
    };
    // A user has one section and may be written as a table; `general` too.
    text.lines().map(|it| line(it) + "\n").collect()
}

fn quoted(line: &str) -> String {
    match line.split_once(" = ") {
        Some((key, value)) => format!("{key} = \"{value}\""),
        None => line.to_owned(),
    }
}
