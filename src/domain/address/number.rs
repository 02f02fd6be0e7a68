//! Numbers, short codes and sender names as people and providers write them.
//!
//! Knows nothing of mailboxes.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region, ValidationError,
};

use super::AddressFault;

/// Digits that carriers lease as a short code. Some countries have numbers of seven or eight.
const SHORT_CODE: std::ops::RangeInclusive<usize> = 3..=8;

/// Digits that are a short code in every country.
const SHORT_CODE_ALWAYS: std::ops::RangeInclusive<usize> = 3..=6;

/// Digits of a number that is written with its country (ITU-T E.164: at most fifteen).
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;

/// The longest sender name (3GPP TS 23.040, 9.1.2.5: eleven characters of seven bits).
const SENDER_NAME: usize = 11;

/// What a text looks like before a numbering plan is asked.
enum Shape {
    /// A sender name, as written.
    Name(String),
    /// `+` and digits.
    International(String),
    /// Digits alone.
    Digits(String),
}

/// Reads a number that may be written without its country.
pub(super) fn national(text: &str, country: &str) -> Result<String, AddressFault> {
    match shape(text)? {
        Shape::Name(name) => Ok(name),
        Shape::International(number) => e164(&number, None),
        Shape::Digits(digits) if SHORT_CODE_ALWAYS.contains(&digits.len()) => Ok(digits),
        Shape::Digits(digits) => {
            let region = region(country);
            match e164(&digits, region) {
                Ok(number) => Ok(number),
                Err(_) if SHORT_CODE.contains(&digits.len()) => Ok(digits),
                Err(_) if region.is_none() => Err(AddressFault::NoCountry),
                Err(fault) => Err(fault),
            }
        }
    }
}

/// Reads a number that is written with its country but perhaps without the +.
pub(super) fn international(text: &str) -> Result<String, AddressFault> {
    match shape(text)? {
        Shape::Name(name) => Ok(name),
        Shape::International(number) => e164(&number, None),
        Shape::Digits(digits) => {
            let number = INTERNATIONAL
                .contains(&digits.len())
                .then(|| e164(&format!("+{digits}"), None));
            match number {
                Some(Ok(number)) => Ok(number),
                _ if SHORT_CODE.contains(&digits.len()) => Ok(digits),
                Some(Err(fault)) => Err(fault),
                None if digits.len() < *INTERNATIONAL.start() => Err(AddressFault::TooShort),
                None => Err(AddressFault::TooLong),
            }
        }
    }
}

fn shape(text: &str) -> Result<Shape, AddressFault> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if text.is_empty() {
        return Err(AddressFault::Empty);
    }
    if text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return is_sender_name(text)
            .then(|| Shape::Name(text.to_owned()))
            .ok_or(AddressFault::Characters);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => ("+", rest),
        None => ("", text),
    };
    let mut digits = String::with_capacity(text.len());
    for character in rest.chars().filter(|c| !is_punctuation(*c)) {
        if !character.is_ascii_digit() {
            return Err(AddressFault::Characters);
        }
        digits.push(character);
    }
    // 00 is how most countries dial abroad, and no numbering plan has a number that starts so.
    Ok(match (sign, digits.strip_prefix("00")) {
        ("", Some(rest)) if INTERNATIONAL.contains(&rest.len()) => {
            Shape::International(format!("+{rest}"))
        }
        ("", _) => Shape::Digits(digits),
        _ => Shape::International(format!("+{digits}")),
    })
}

fn is_sender_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b" ._&-".contains(&b);
    text.len() <= SENDER_NAME && text.bytes().all(allowed)
}

fn is_punctuation(character: char) -> bool {
    character.is_whitespace()
        || is_invisible(character)
        || matches!(
            character,
            '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}'
        )
}

/// What telephones put around a number that is copied: direction marks and zero-width characters.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn region(country: &str) -> Option<Region> {
    let region: Region = country.to_ascii_uppercase().parse().ok()?;
    PHONE_NUMBER_UTIL
        .get_country_code_for_region(region)
        .map(|_| region)
}

fn e164(number: &str, region: Option<Region>) -> Result<String, AddressFault> {
    let parsed = PHONE_NUMBER_UTIL
        .parse(number, region)
        .map_err(|error| match error {
            ParseError::InvalidCountryCode => AddressFault::CountryCode,
            ParseError::NotANumber(_) | ParseError::TooShortAfterIdd | ParseError::TooShortNsn => {
                AddressFault::TooShort
            }
            ParseError::TooLongNsn => AddressFault::TooLong,
        })?;
    match parsed.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
            return Err(AddressFault::TooShort);
        }
        Err(ValidationError::InvalidCountryCode) => return Err(AddressFault::CountryCode),
        Err(ValidationError::InvalidLength) => return Err(AddressFault::Length),
        Err(ValidationError::TooLong) => return Err(AddressFault::TooLong),
    }
    Ok(parsed.format_as(PhoneNumberFormat::E164).into_owned())
}
