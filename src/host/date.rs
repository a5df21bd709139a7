//! Days of the calendar.

use std::fmt;
use std::time::Duration;

use x509_cert::der::DateTime;

/// A day, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day on which a time since the beginning of 1970 falls; the last one that there is for times beyond it.
    pub fn of(since_1970: Duration) -> Date {
        let at = DateTime::from_unix_duration(since_1970).unwrap_or(DateTime::INFINITY);
        Date { year: at.year(), month: at.month(), day: at.day() }
    }

    /// The day that a text means: `2027-01-31`.
    pub fn parse(text: &[u8]) -> Option<Date> {
        let shape = text.len() == 10
            && text.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let number = |range: std::ops::Range<usize>| std::str::from_utf8(&text[range]).ok()?.parse::<u16>().ok();
        let (year, month, day) = if shape { (number(0..4)?, number(5..7)?, number(8..10)?) } else { return None };
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        DateTime::new(year, month, day, 0, 0, 0).ok().map(|_| Date { year, month, day })
    }
}

/// A time as Asterisk's security events have it: `2026-11-22T20:44:29.314+0000`, in UTC.
pub fn timestamp(since_1970: Duration) -> String {
    let at = DateTime::from_unix_duration(since_1970).unwrap_or(DateTime::INFINITY);
    let (hour, minute, second) = (at.hour(), at.minutes(), at.seconds());
    format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}+0000", Date::of(since_1970), since_1970.subsec_millis())
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_found() {
        let date = |text: &str| Date::parse(text.as_bytes());
        assert_eq!(date("2027-01-31").map(|date| date.to_string()).as_deref(), Some("2027-01-31"));
        assert_eq!(date("2028-02-29").map(|date| date.to_string()).as_deref(), Some("2028-02-29"));
        for text in ["2027-02-29", "2027-13-01", "2027-1-1", "27-01-31", "2027-01-31x", "2027/01/31", "", "2027-00-10"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(timestamp(Duration::from_millis(1_795_380_269_314)), "2026-11-22T20:44:29.314+0000");
        assert_eq!(timestamp(Duration::ZERO), "1970-01-01T00:00:00.000+0000");
        let day = 24 * 60 * 60;
        assert_eq!(Date::of(Duration::ZERO).to_string(), "1970-01-01");
        assert_eq!(Date::of(Duration::from_secs(20_849 * day + day - 1)).to_string(), "2027-01-31");
        assert!(Date::of(Duration::from_secs(20_850 * day)) > date("2027-01-31").unwrap());
    }
}
