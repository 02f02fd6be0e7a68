//! Segments against a second implementation, written from 3GPP TS 23.038 and TS 23.040 alone.
//!
//! It encodes the text into the units of the air interface and cuts those, where the program
//! weighs characters; the two share no code and no table.

use postern::sms::{Encoding, segment, smart_encode, split};
use proptest::prelude::*;

/// The code table of 6.2.1, by code; the escape at 0x1b stands for no character.
const BASIC: [&str; 8] = [
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\u{fffd}ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
];

/// The extension table of 6.2.1.1.
const EXTENSION: [(u16, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

const ESCAPE: u16 = 0x1b;

fn septets(character: char) -> Option<Vec<u16>> {
    let mut table = BASIC.iter().flat_map(|row| row.chars());
    if let Some(code) = table.position(|c| c == character && c != '\u{fffd}') {
        return Some(vec![u16::try_from(code).unwrap()]);
    }
    EXTENSION
        .iter()
        .find(|(_, c)| *c == character)
        .map(|(code, _)| vec![ESCAPE, *code])
}

/// The parts on the air, each a list of units.
fn reference(text: &str) -> (Encoding, Vec<Vec<u16>>) {
    let gsm: Option<Vec<Vec<u16>>> = text.chars().map(septets).collect();
    let (encoding, units, alone, joined) = match gsm {
        Some(units) => (Encoding::Gsm7, units.concat(), 160, 153),
        None => (Encoding::Ucs2, text.encode_utf16().collect(), 70, 67),
    };
    if units.is_empty() {
        return (encoding, Vec::new());
    }
    if units.len() <= alone {
        return (encoding, vec![units]);
    }
    let mut parts = Vec::new();
    let mut rest = &units[..];
    while !rest.is_empty() {
        let mut cut = rest.len().min(joined);
        let last = rest[cut - 1];
        let opens_a_pair = match encoding {
            Encoding::Gsm7 => last == ESCAPE,
            Encoding::Ucs2 => (0xd800..0xdc00).contains(&last),
        };
        if opens_a_pair {
            cut -= 1;
        }
        parts.push(rest[..cut].to_vec());
        rest = &rest[cut..];
    }
    (encoding, parts)
}

fn agree(text: &str) {
    let (encoding, parts) = reference(text);
    let found = segment(text);
    let units: usize = parts.iter().map(Vec::len).sum();
    assert_eq!(found.encoding, encoding, "{text:?}");
    assert_eq!(found.units as usize, units, "{text:?}");
    assert_eq!(found.segments as usize, parts.len(), "{text:?}");
    let full = match (encoding, parts.len()) {
        (Encoding::Gsm7, 0 | 1) => 160,
        (Encoding::Gsm7, _) => 153,
        (Encoding::Ucs2, 0 | 1) => 70,
        (Encoding::Ucs2, _) => 67,
    };
    assert_eq!(found.per_segment, full, "{text:?}");
    let used = parts.last().map_or(0, Vec::len);
    assert_eq!(found.remaining as usize, full as usize - used, "{text:?}");

    let mut forcing: Vec<char> = text.chars().filter(|c| septets(*c).is_none()).collect();
    let mut seen = Vec::new();
    forcing.retain(|c| !seen.contains(c) && (seen.push(*c), true).1);
    assert_eq!(found.forcing, forcing, "{text:?}");

    let texts = split(text);
    assert_eq!(texts.concat(), text);
    let sizes: Vec<usize> = texts.iter().map(|part| size(encoding, part)).collect();
    let expected: Vec<usize> = parts.iter().map(Vec::len).collect();
    assert_eq!(sizes, expected, "{text:?}");
}

fn size(encoding: Encoding, part: &str) -> usize {
    match encoding {
        Encoding::Gsm7 => part.chars().map(|c| septets(c).unwrap().len()).sum(),
        Encoding::Ucs2 => part.encode_utf16().count(),
    }
}

#[test]
fn i19_every_single_character_counts_as_the_standard_says() {
    for character in (0..=0x2_ffff).filter_map(char::from_u32) {
        agree(&character.to_string());
    }
}

#[test]
fn i19_every_length_around_a_boundary_counts_as_the_standard_says() {
    let around = [67, 70, 134, 153, 160, 201, 306, 459];
    for length in around.into_iter().flat_map(|limit| limit - 4..=limit + 4) {
        for filler in ['a', 'ж'] {
            let lead: String = std::iter::repeat_n(filler, length).collect();
            for pair in ["€", "{", "\u{c}", "😀", "a", "ж", "\u{1b}"] {
                agree(&format!("{lead}{pair}"));
                agree(&format!("{lead}{pair}{pair}{lead}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn i19_any_text_counts_as_the_standard_says(text in any::<String>()) {
        agree(&text);
    }

    #[test]
    fn i19_gsm7_texts_count_as_the_standard_says(text in "[a-zA-Z0-9 @£Δ€{}~|^\\\\\u{c}\n]{0,500}") {
        agree(&text);
        prop_assert_eq!(segment(&text).encoding, Encoding::Gsm7);
    }

    #[test]
    fn i19_texts_full_of_pairs_count_as_the_standard_says(text in "[aж€😀👩‍💻]{0,300}") {
        agree(&text);
    }

    #[test]
    fn smart_encoding_is_all_or_nothing_and_never_costs_more(
        text in "([a-z ]|[‘’“”–—…\u{a0}\u{200b}é]|[ж😀]{0,1}){0,120}"
    ) {
        let (encoded, replacements) = smart_encode(&text);
        if replacements.is_empty() {
            prop_assert_eq!(&encoded, &text);
        } else {
            prop_assert_eq!(segment(&encoded).encoding, Encoding::Gsm7);
        }
        prop_assert!(segment(&encoded).segments <= segment(&text).segments);
        prop_assert_eq!(smart_encode(&encoded).0, encoded);
    }
}

#[test]
fn a_megabyte_is_counted_in_one_pass() {
    // Work that grew with the square of the length would not end within the test's time limit.
    let text: String = (0..1_000_000)
        .filter_map(|n| char::from_u32(0x20 + n % 0x1_0000))
        .collect();
    let found = segment(&text);
    assert_eq!(found.segments as usize, split(&text).len());
    assert!(found.forcing.len() > 60_000);
}
