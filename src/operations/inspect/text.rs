//! How the report writes amounts.

/// A size in the largest unit: `12.5 MiB`.
pub(super) fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} bytes");
    }
    let mut amount = float(bytes);
    let mut unit = "bytes";
    for next in UNITS {
        if amount < 1_024.0 {
            break;
        }
        amount /= 1_024.0;
        unit = next;
    }
    format!("{amount:.1} {unit}")
}

/// A number with commas between thousands: `1,234,567`.
pub(super) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in its largest unit: `90 s`, `5 min`, `3 h`, `2 d`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// A share of 1: `45 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// The number for calculations in which the last digits do not matter.
#[expect(
    clippy::cast_precision_loss,
    reason = "the report rounds to far fewer digits"
)]
pub(super) fn float(number: i64) -> f64 {
    number as f64
}

/// `part` of `whole`, from 0 to 1; 0 of nothing.
pub(super) fn share(part: i64, whole: i64) -> f64 {
    match whole {
        ..=0 => 0.0,
        whole => float(part) / float(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_for_people() {
        assert_eq!(bytes(17), "17 bytes");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(3 << 40), "3.0 TiB");
        assert_eq!(count(-1_234_567), "-1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(duration(90.0), "90 s");
        assert_eq!(duration(7_200.0), "2 h");
        assert_eq!(percent(0.454), "45 %");
        assert!(share(1, 0).abs() < f64::EPSILON);
    }
}
