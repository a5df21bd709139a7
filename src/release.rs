//! Asterisk releases, and the only question asked of one: does it have a behaviour.

use std::fmt;

pub use crate::tables::Quirk;
use crate::tables::{CERTIFIED, Point, QUIRKS, QuirkRow, SERIES, SeriesRow, SpanRow};

/// One Asterisk release. There is no order between releases: behaviours are asked for, numbers never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Release(Number);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Number {
    Plain(Point),
    /// Series, minor, `-cert` number.
    Certified(u16, u16, u16),
}

/// Why a text names no release that amictl knows.
#[derive(Debug, thiserror::Error)]
#[error("`{asked}` is no Asterisk release that amictl knows")]
pub struct UnknownRelease {
    asked: String,
}

impl UnknownRelease {
    /// What can be asked for.
    pub fn help(&self) -> String {
        let series: Vec<String> =
            SERIES.iter().filter(|row| row.speaks.is_some()).map(|row| row.series.to_string()).collect();
        let newest: Vec<String> = SERIES.iter().map(|row| dotted(row.newest)).collect();
        let certified: Vec<String> =
            CERTIFIED.iter().map(|(series, minor, _)| format!("certified/{series}.{minor}")).collect();
        format!(
            "name a series ({}), a release of one up to {}, or a certified line ({})",
            series.join(", "),
            newest.join(", "),
            certified.join(", ")
        )
    }
}

impl Release {
    /// The release that is meant when none is named: of the newest long-term series.
    pub fn newest_lts() -> Release {
        let speaks = SERIES.iter().rev().filter(|row| row.lts).find_map(|row| row.speaks);
        Release(Number::Plain(speaks.unwrap_or(SERIES[SERIES.len() - 1].newest)))
    }

    /// One release for each series that has recorded answers, oldest first.
    pub fn all_series() -> Vec<Release> {
        SERIES.iter().filter_map(|row| row.speaks).map(|point| Release(Number::Plain(point))).collect()
    }

    /// Every release with recorded answers, oldest first.
    pub fn recorded() -> Vec<Release> {
        SERIES.iter().flat_map(|row| row.recorded).map(|&point| Release(Number::Plain(point))).collect()
    }

    /// Reads `22`, `22.10`, `22.10.1`, `certified/20.7`, `certified/20.7-cert3`, or a Debian package version such as
    /// `1:22.10.1~dfsg-2`.
    ///
    /// # Errors
    ///
    /// [`UnknownRelease`] when the text is no release, or one that is newer than what amictl knows.
    pub fn parse(text: &str) -> Result<Release, UnknownRelease> {
        let number = match text.strip_prefix("certified/").or_else(|| text.strip_prefix("certified-")) {
            Some(rest) => certified(rest),
            None => plain(text),
        };
        number.map(Release).ok_or_else(|| UnknownRelease { asked: text.to_owned() })
    }

    /// Does this release behave so?
    pub fn has(self, quirk: Quirk) -> bool {
        let row = row(quirk);
        match self.0 {
            Number::Plain(point) => passed(row.from, point) && !passed(row.until, point),
            Number::Certified(series, minor, cert) => is_certified(row.certified, series, minor, cert),
        }
    }

    /// Are there recorded answers of this very release? Otherwise what amictl says of it comes from reading its source.
    pub fn is_recorded(self) -> bool {
        match self.0 {
            Number::Plain(point) => SERIES.iter().any(|row| row.recorded.contains(&point)),
            Number::Certified(..) => false,
        }
    }

    /// The version of the manager interface with which it greets: `11.0.0` for 22.10.1. Of a certified release that of the
    /// release that it was made from.
    pub fn manager_version(self) -> &'static str {
        let point = match self.0 {
            Number::Plain(point) => point,
            Number::Certified(series, minor, _) => (series, minor, 0),
        };
        let mut rows = SERIES.iter().filter(|row| row.series == point.0).flat_map(|row| row.manager);
        rows.rfind(|(from, _)| *from <= point).map_or("", |(_, version)| version)
    }

    /// The number of its series: 22 for 22.10.1.
    pub fn series(self) -> u16 {
        match self.0 {
            Number::Plain((series, ..)) | Number::Certified(series, ..) => series,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Number::Plain(point) => f.write_str(&dotted(point)),
            Number::Certified(series, minor, cert) => write!(f, "certified/{series}.{minor}-cert{cert}"),
        }
    }
}

impl Quirk {
    /// One sentence on the behaviour.
    pub fn what(self) -> &'static str {
        row(self).what
    }

    /// Its name in grammar/quirks.toml.
    pub fn name(self) -> &'static str {
        row(self).name
    }

    /// Where Asterisk does it, and on which releases that was seen.
    pub fn source(self) -> &'static str {
        row(self).source
    }

    /// The first releases that behave so, those of series that always did left out: `18.26, 20.11 and 22.1`.
    pub fn begins(self) -> String {
        let is_known = |point: &&Point| SERIES.iter().any(|row| row.series == point.0);
        let inside = row(self).from.iter().filter(is_known).filter(|(_, minor, patch)| (*minor, *patch) != (0, 0));
        let names: Vec<String> = inside.map(|(series, minor, _)| format!("{series}.{minor}")).collect();
        match &names[..] {
            [] => row(self).from.first().map(|first| first.0.to_string()).unwrap_or_default(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} and {last}", most.join(", ")),
        }
    }

    /// All quirks.
    pub fn all() -> impl Iterator<Item = Quirk> {
        QUIRKS.iter().map(|row| row.quirk)
    }
}

/// The releases that know an event, an action or a header.
#[derive(Clone, Copy)]
pub struct Span(Option<&'static SpanRow>);

impl Span {
    pub(crate) fn new(row: Option<&'static SpanRow>) -> Span {
        Span(row)
    }

    /// Is it known to this release?
    pub fn has(self, release: Release) -> bool {
        let Some(row) = self.0 else { return true };
        match release.0 {
            Number::Plain(point) => passed(row.from, point) && !passed(row.until, point),
            Number::Certified(series, minor, cert) => is_certified(row.certified, series, minor, cert),
        }
    }

    /// Is it known to all releases?
    pub fn is_everywhere(self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for Span {
    /// As people say it: `16 from 16.28.0, 20 to 23; certified 20.7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(row) = self.0 else {
            return write!(f, "{} to {}", SERIES[0].series, SERIES[SERIES.len() - 1].series);
        };
        let bound = |bounds: &[Point], series: u16| bounds.iter().find(|bound| bound.0 == series).copied();
        let mut parts: Vec<String> = Vec::new();
        let mut whole: Vec<u16> = Vec::new();
        for series in SERIES.iter().map(|row| row.series) {
            let from = bound(row.from, series);
            let until = bound(row.until, series).map(|point| format!(" until {}", dotted(point)));
            match (from, until) {
                (Some((_, 0, 0)), None) => whole.push(series),
                (from, until) => {
                    run(&mut parts, &mut whole);
                    if let Some(from) = from {
                        let from =
                            if from == (series, 0, 0) { String::new() } else { format!(" from {}", dotted(from)) };
                        parts.push(format!("{series}{from}{}", until.unwrap_or_default()));
                    }
                }
            }
        }
        run(&mut parts, &mut whole);
        f.write_str(&parts.join(", "))?;
        let lines = row.certified.iter().map(|&(series, minor, cert)| match cert {
            1 => format!("{series}.{minor}"),
            _ => format!("{series}.{minor} from cert{cert}"),
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() { Ok(()) } else { write!(f, "; certified {}", lines.join(", ")) }
    }
}

/// Series one after the other become one part of a list.
fn run(parts: &mut Vec<String>, whole: &mut Vec<u16>) {
    match whole[..] {
        [first, _, .., last] if whole.len() > 2 => parts.push(format!("{first} to {last}")),
        _ => parts.extend(whole.iter().map(u16::to_string)),
    }
    whole.clear();
}

/// Has a release passed the bound of its series?
fn passed(bounds: &[Point], point: Point) -> bool {
    bounds.iter().any(|bound| bound.0 == point.0 && *bound <= point)
}

/// Is a certified release the first one of its line in a list, or a later one?
fn is_certified(firsts: &[Point], series: u16, minor: u16, cert: u16) -> bool {
    firsts.iter().any(|known| (known.0, known.1) == (series, minor) && known.2 <= cert)
}

/// A list of releases as people say it: `13 to 23`, `16, 18 and 22`, out of those that were asked for.
pub fn phrase(some: &[Release], asked: &[Release]) -> String {
    let places: Vec<usize> = asked.iter().enumerate().filter(|(_, it)| some.contains(it)).map(|(at, _)| at).collect();
    let name = |at: usize| short(asked[at], asked);
    match places[..] {
        [] => String::new(),
        [one] => name(one),
        [first, .., last] if last - first + 1 == places.len() && places.len() > 2 => {
            format!("{} to {}", name(first), name(last))
        }
        [ref most @ .., last] => {
            format!("{} and {}", most.iter().map(|&at| name(at)).collect::<Vec<_>>().join(", "), name(last))
        }
    }
}

/// `22` where no other release of the series is in the list, else `22.10.1`.
fn short(release: Release, asked: &[Release]) -> String {
    let alone = asked.iter().filter(|other| other.series() == release.series()).count() == 1;
    match release.0 {
        Number::Plain((series, ..)) if alone => series.to_string(),
        _ => release.to_string(),
    }
}

fn row(quirk: Quirk) -> &'static QuirkRow {
    &QUIRKS[quirk as usize]
}

fn dotted((series, minor, patch): Point) -> String {
    format!("{series}.{minor}.{patch}")
}

fn certified(rest: &str) -> Option<Number> {
    let (line, cert) = rest.split_once("-cert").map_or((rest, None), |(line, cert)| (line, Some(cert)));
    let (series, minor) = line.split_once('.')?;
    let (series, minor) = (series.parse().ok()?, minor.parse().ok()?);
    let newest = CERTIFIED.iter().find(|row| (row.0, row.1) == (series, minor))?.2;
    let cert = cert.map_or(Some(newest), |cert| cert.parse().ok())?;
    (1..=newest).contains(&cert).then_some(Number::Certified(series, minor, cert))
}

fn plain(text: &str) -> Option<Number> {
    // `1:22.10.1~dfsg+~cs6-2`: the epoch and what follows the upstream number are the packager's.
    let upstream = text.split_once(':').map_or(text, |(_, rest)| rest);
    let end = upstream.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(upstream.len());
    let (upstream, packaging) = upstream.split_at(end);
    if !packaging.is_empty() && (!packaging.starts_with(['~', '+', '-']) || packaging.starts_with("-rc")) {
        return None;
    }
    let parts: Vec<u16> = upstream.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let row = |series: u16| SERIES.iter().find(|row: &&SeriesRow| row.series == series);
    match parts[..] {
        [series] => row(series)?.speaks.map(Number::Plain),
        [series, minor] => point((series, minor, newest_patch(row(series)?, minor)), row(series)?),
        [series, minor, patch] => point((series, minor, patch), row(series)?),
        _ => None,
    }
}

fn point(point: Point, row: &SeriesRow) -> Option<Number> {
    (point <= row.newest).then_some(Number::Plain(point))
}

/// `22.10` means the recorded point release of that minor where there is one.
fn newest_patch(row: &SeriesRow, minor: u16) -> u16 {
    let known = row.recorded.iter().chain([&row.newest]);
    known.filter(|point| point.1 == minor).map(|point| point.2).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_in_all_their_spellings() {
        for (text, want) in [
            ("22", "22.10.1"),
            ("22.10", "22.10.1"),
            ("16.28.0", "16.28.0"),
            ("16.30", "16.30.1"),
            ("20.9", "20.9.3"),
            ("1:22.10.1~dfsg+~cs6.15.60671435-1", "22.10.1"),
            ("1:16.28.0~dfsg-0+deb11u4", "16.28.0"),
            ("certified/20.7", "certified/20.7-cert11"),
            ("certified/20.7-cert3", "certified/20.7-cert3"),
            ("certified-18.9-cert4", "certified/18.9-cert4"),
        ] {
            assert_eq!(Release::parse(text).expect(text).to_string(), want);
        }
        for text in
            ["", "12", "22.99", "24", "17", "x", "22.", "22.1.2.3", "certified/20.7-cert99", "22.10.1x", "23.5.0-rc1"]
        {
            assert!(Release::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn releases_greet_as_they_were_seen_to() {
        let version = |text: &str| Release::parse(text).unwrap().manager_version();
        for (release, seen) in [("13.12.2", "2.8.0"), ("16.28.0", "5.0.4"), ("18.26.4", "7.0.3"), ("20.9.3", "9.0.0")] {
            assert_eq!(version(release), seen);
        }
        assert_eq!(
            (version("21"), version("22"), version("23"), version("13.0.0")),
            ("10.0.0", "11.0.0", "12.0.0", "2.5.0")
        );
        assert!(SERIES.iter().all(|row| row.manager.is_sorted() && row.manager[0].0.1 == 0));
    }

    #[test]
    fn a_quirk_is_a_matter_of_the_point_release() {
        let has = |release: &str, quirk| Release::parse(release).expect(release).has(quirk);
        assert!(!has("13.30.0", Quirk::BomSkipped) && has("13.31.0", Quirk::BomSkipped));
        assert!(!has("20.10.0", Quirk::EventFilterPrefix) && has("20.11.0", Quirk::EventFilterPrefix));
        assert!(!has("certified/20.7", Quirk::EventFilterPrefix) && has("certified/22.8", Quirk::EventFilterPrefix));
        assert!(!has("22", Quirk::AppendChangesLastMatch) && has("23", Quirk::AppendChangesLastMatch));
        assert!(!has("20.9.1", Quirk::OriginateListsMore) && has("20.9.2", Quirk::OriginateListsMore));
        assert!(!has("certified/18.9-cert10", Quirk::OriginateListsMore));
        assert!(has("certified/18.9-cert11", Quirk::OriginateListsMore));
    }

    #[test]
    fn quirk_rows_stand_in_the_order_of_the_enum() {
        assert!(Quirk::all().enumerate().all(|(at, quirk)| quirk as usize == at));
    }

    #[test]
    fn lists_of_releases_read_well() {
        let asked = Release::all_series();
        assert_eq!(phrase(&asked, &asked), "13 to 23");
        assert_eq!(phrase(&asked[..2], &asked), "13 and 16");
        assert_eq!(phrase(&[asked[0], asked[2], asked[6]], &asked), "13, 18 and 23");
        assert_eq!(phrase(&asked[1..2], &asked), "16");
    }

    #[test]
    fn a_span_is_said_as_people_say_it() {
        static ROW: SpanRow = SpanRow {
            from: &[(16, 28, 0), (18, 0, 0), (20, 0, 0), (21, 0, 0), (22, 0, 0), (23, 4, 0)],
            until: &[(18, 5, 0)],
            certified: &[(20, 7, 1), (22, 8, 4)],
        };
        let span = Span::new(Some(&ROW));
        let said = "16 from 16.28.0, 18 until 18.5.0, 20 to 22, 23 from 23.4.0; certified 20.7, 22.8 from cert4";
        assert_eq!(span.to_string(), said);
        assert_eq!(Span::new(None).to_string(), "13 to 23");
        let has = |release: &str| span.has(Release::parse(release).expect(release));
        assert!(has("16.28.0") && has("18.4.0") && has("22") && has("certified/20.7-cert1") && has("certified/22.8"));
        assert!(!has("16.27.0") && !has("18.5.0") && !has("13") && !has("certified/22.8-cert3"));
    }
}
