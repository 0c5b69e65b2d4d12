//! Dates on the command line.
use countersign::Timestamp;

/// Reads `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SSZ` (or with a space) or `never`; times are UTC.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    if text.eq_ignore_ascii_case("never") {
        return Ok(Timestamp::NEVER);
    }
    let wrong = || format!("{text:?} is neither YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ nor never");
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let time = time.trim_end_matches("UTC").trim_end();
    let time = time.strip_suffix('Z').unwrap_or(time);
    let [year, month, day] = numbers(date, '-').ok_or_else(wrong)?;
    let [hour, minute, second] = numbers(time, ':').ok_or_else(wrong)?;
    if !(1970..=9999).contains(&year) {
        return Err(format!("the year {year} is not between 1970 and 9999"));
    }
    if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
        return Err(format!("there is no day {date}"));
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(format!("there is no time {time}"));
    }
    let days = (1970..year).map(|year| 365 + u64::from(is_leap(year)));
    let months = (1..month).map(|month| days_of(year, month));
    let days = days.sum::<u64>() + months.sum::<u64>() + day - 1;
    Ok(Timestamp::from_unix_seconds(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text
        .split(separator)
        .map(|part| part.parse().ok().filter(|_| digits(part)));
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_back_as_they_were() {
        for text in [
            "1970-01-01 00:00:00 UTC",
            "2000-02-29 23:59:59 UTC",
            "2024-12-31 12:30:01 UTC",
            "2100-03-01 00:00:00 UTC",
            "9999-12-31 23:59:59 UTC",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            parse("2030-01-31").unwrap().to_string(),
            "2030-01-31 00:00:00 UTC"
        );
        assert_eq!(
            parse("2030-01-31T08:00:00Z").unwrap().to_string(),
            "2030-01-31 08:00:00 UTC"
        );
        assert_eq!(parse("Never"), Ok(Timestamp::NEVER));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "2030",
            "2030-1",
            "2030-02-30",
            "2100-02-29",
            "2030-13-01",
            "2030-00-10",
            "2030-01-00",
            "1969-12-31",
            "10000-01-01",
            "2030-01-01T24:00:00Z",
            "2030-01-01T1:2",
            "+2030-01-01",
            "2030-01-01-01",
            "99999999999999999999-01-01",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
